"""Training on many machines: the roles of the paper's Rapid (4.3), on Ray and torch.distributed.

Rollout workers are Ray actors: they take the newest parameters, gather a chunk of experience and hand it back.
Optimisers are ranks under torch.distributed, each with workers of its own; they average their gradients. A worker or
machine that dies loses the chunk it was gathering; Ray starts the worker again where there is room, and one that finds
none yet joins when a machine does.
"""
