"""One folder a lab; none imports another."""
