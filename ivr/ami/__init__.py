"""The line to Asterisk: AMI and AsyncAGI."""
