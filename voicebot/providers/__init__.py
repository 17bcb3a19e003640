"""Who listens, thinks and speaks: typed settings in, livekit-agents models out."""
