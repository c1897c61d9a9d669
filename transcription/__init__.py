"""Speech to text; its engine and workers come with the issue on transcription."""
