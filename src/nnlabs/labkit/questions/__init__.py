"""Questions that a lab asks before it runs, so that one predicts first and sees then."""
