"""Networks that read a whole history, beside most-popular and EASE: leave-one-out on MovieLens-1M and LastFM.

RecVAE and Mult-VAE are two settings of ``vae``; ``gan`` is CFGAN-style. The protocol is that of ``_protocols``: strict
(never fitted on the validation item), full ranking, history excluded. One thread, one seed; the networks stop early on
the validation item, or after `EPOCHS`.
"""

from __future__ import annotations

import os
import time
from typing import Any

from benchmarks._harness import peak_mib, table, write_result
from benchmarks._protocols import SEED, Protocol, evaluate, load
from segue.models.base import Model, TrainOptions
from segue.models.ease import EASE
from segue.models.gan import GAN, GANConfig
from segue.models.popular import PopularAll, PopularRecent
from segue.models.vae import MULT_VAE, RECVAE, VAE

SETS = ("lastfm", "ml1m")
EPOCHS = 10
"""At most: what one busy core does in some minutes. The default of the networks is 100 with early stopping."""


def main() -> None:
    """Train, compare, write."""
    protocols = {name: load(name) for name in SETS}
    rows = {name: [_row(protocol, *named) for named in _models()] for name, protocol in protocols.items()}
    total = sum(row["training_cpu_s"] for of_set in rows.values() for row in of_set)
    figures = {
        "data": [protocol.facts() for protocol in protocols.values()],
        "epochs_at_most": EPOCHS,
        "load_average": round(os.getloadavg()[0], 1),
        "peak_mib": peak_mib(),
        "rows": rows,
        "tables": [
            table(
                name,
                [
                    "model",
                    "HR@10",
                    "NDCG@10",
                    "95 % interval of NDCG@10",
                    "epochs",
                    "decay",
                    "training, s of processor",
                ],
                [
                    [
                        *(row["model"], row["hit@10"], row["ndcg@10"], "{} … {}".format(*row["ci95"])),
                        *(row["epochs"] or "", row["history_decay"] or "", row["training_cpu_s"]),
                    ]
                    for row in of_set
                ],
            )
            for name, of_set in rows.items()
        ],
        "notes": [f"Training of all models: {total:.0f} s of processor time on one thread."],
    }
    print(write_result("autoencoders", figures))


def _models() -> list[tuple[str, Model]]:
    """Fresh models by the names they have here."""
    short = {"epochs": EPOCHS, "patience": 5}
    return [
        ("popular_all", PopularAll()),
        ("popular_recent", PopularRecent()),
        ("ease", EASE()),
        ("vae (Mult-VAE)", VAE(MULT_VAE.model_copy(update=short))),
        ("vae (RecVAE)", VAE(RECVAE.model_copy(update=short))),
        ("gan", GAN(GANConfig(**short))),
    ]


def _row(protocol: Protocol, name: str, model: Model) -> dict[str, Any]:
    """One model's figures."""
    began, busy = time.perf_counter(), time.process_time()
    model.train(protocol.train, TrainOptions(seed=SEED, threads=1, device="cpu", validation=protocol.validation))
    row = {
        "model": name,
        **evaluate(protocol, model.score_many),
        "epochs": getattr(model, "epochs", None),
        "history_decay": getattr(model, "history_decay", None),
        "training_s": round(time.perf_counter() - began, 1),
        "training_cpu_s": round(time.process_time() - busy, 1),
    }
    print(row, flush=True)
    return row


if __name__ == "__main__":
    main()
