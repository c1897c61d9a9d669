"""Who people are and what they may do: accounts, sign-in, and the one table of rights."""
