"""A turn of a conversation → what is meant: by rules, in English and Chinese, without a language model.

message ─► acts: greet, why, play, seen …, each with the items it is about ─► what is left
            ─► rules: those of a search, and of a conversation (critiques, "like the second", "unless …") ─► wishes
                ─► beside the wishes that hold: replaced, taken back, dropped with their topic ─► Meaning
"""
