"""Times training steps of the model in JAX, on one thread: the loop over the steps is a scan within one compiled function.

usage: XLA_FLAGS=--xla_cpu_multi_thread_eigen=false step_jax.py VOCAB CONTEXT EMBEDDING HIDDEN BATCH WHERE

Exact softmax, SGD, random symbols. WHERE says how a step comes by its batch: "beforehand", its examples are drawn in
advance, or "within", the step draws them. Each line on standard input asks for
one measurement of about two and a half seconds, which is answered by a line of JSON: {"us_per_step": ...}. The first line out,
before any is asked for, says {"ready": true}.
"""

import functools
import json
import sys
import time

import jax
import jax.numpy as jnp

EXAMPLES = 1 << 18
RATE = 0.1


def parameters(key, vocab, context, embedding, hidden):
    table, weight, output = jax.random.split(key, 3)
    inputs = context * embedding
    return {
        "C": 0.3 * jax.random.normal(table, (vocab, embedding)),
        "H": (5 / 3) / inputs**0.5 * jax.random.normal(weight, (inputs, hidden)),
        "d": jnp.zeros(hidden),
        "U": 0.01 * jax.random.normal(output, (hidden, vocab)),
        "b": jnp.zeros(vocab),
    }


def loss(params, contexts, targets):
    x = params["C"][contexts].reshape(len(contexts), -1)
    a = jnp.tanh(x @ params["H"] + params["d"])
    log_p = jax.nn.log_softmax(a @ params["U"] + params["b"])
    return -jnp.mean(jnp.take_along_axis(log_p, targets[:, None], axis=1))


@functools.partial(jax.jit, donate_argnums=0, static_argnames="size")
def train(params, contexts, targets, batches, size):
    """One step for each of batches: examples, or if size is given a key to draw that many with."""

    def step(params, batch):
        if size:
            batch = jax.random.randint(batch, (size,), 0, EXAMPLES)
        gradients = jax.grad(loss)(params, contexts[batch], targets[batch])
        return jax.tree.map(lambda p, g: p - RATE * g, params, gradients), None

    return jax.lax.scan(step, params, batches)[0]


def main():
    vocab, context, embedding, hidden, batch_size = map(int, sys.argv[1:6])
    within = sys.argv[6] == "within"
    keys = jax.random.split(jax.random.key(1), 4)
    contexts = jax.random.randint(keys[0], (EXAMPLES, context), 0, vocab)
    targets = jax.random.randint(keys[1], (EXAMPLES,), 0, vocab)
    order = jax.random.permutation(keys[2], EXAMPLES)
    params = parameters(keys[3], vocab, context, embedding, hidden)

    def take(steps):
        nonlocal params
        batches = jax.random.split(keys[2], steps) if within else jnp.resize(order, (steps, batch_size))
        jax.block_until_ready(batches)
        start = time.perf_counter()
        params = jax.block_until_ready(train(params, contexts, targets, batches, batch_size if within else 0))
        return (time.perf_counter() - start) / steps

    take(10)  # compiles
    steps = max(3, int(0.2 / take(10)))
    take(steps)  # compiles for that many
    print(json.dumps({"ready": True}), flush=True)
    for _ in sys.stdin:
        print(json.dumps({"us_per_step": 1e6 * min(take(steps) for _ in range(12))}), flush=True)


if __name__ == "__main__":
    main()
