"""A run is one config in one folder; a sweep is many runs in parallel; statistics say what the seeds allow to say."""
