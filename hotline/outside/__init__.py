"""What those outside reach without an account: citizens' mailbox and query, Open311, and other houses by signature."""
