"""All tests of Saraban; ``docs`` says what each folder proves, ``scripts/test`` runs them all."""
