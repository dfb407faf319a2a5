"""The loop with people: queue, decisions, a ranker that learns from them. Import its modules; this stays empty."""
