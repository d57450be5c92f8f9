"""Where examples come from: tabular and toy sets, image sets (downloaded, verified, or their stand-ins), splits and batches."""
