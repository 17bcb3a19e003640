"""When the caller's turn is over, and when he interrupts: sound and words in, one decision out."""
