"""Where files are: folders of this machine, or a prefix of an S3 bucket."""
