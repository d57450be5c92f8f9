"""What can be set and how it is read: frozen dataclasses (`schema`), and YAML presets merged with the command line (`load`)."""
