"""Training of policies: environment, PPO, distillation, runs."""
