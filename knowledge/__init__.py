"""What the hotline answers from: entries that units own, in versions, reviewed by level 1 (R20, R22.1)."""
