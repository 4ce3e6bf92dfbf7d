"""Training the language model further: `run.finetune` on `examples`, through `encoder` and the tasks beside it."""
