"""The golden repository, read by a program that shares nothing with the engine but the page that describes the format."""

import pathlib
import shutil
import sys
import tempfile
import unittest

project = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(project / "examples" / "second-reader"))

from second_reader import BLOCK, Repository  # noqa: E402

GOLDEN = project / "test" / "golden" / "v1"
PASSPHRASE = "correct horse battery staple"


def block(text):
    pattern = f"{text} ".encode()
    return (pattern * (BLOCK // len(pattern) + 1))[:BLOCK]


# as test/golden/contents.ts has them
STATES = {
    "snap-2": {0: "the first block", 1: "changed once", 300: "of another leaf", 70_000: "of another inner page", 2**26 - 1: "the last block"},
    "snap-3": {0: "the first block", 1: "changed twice", 300: "of another leaf", 2**26 - 1: "the last block"},
}


class Format(unittest.TestCase):
    def test_each_point_of_the_golden_repository_is_read_byte_for_byte(self):
        repository = Repository(GOLDEN, PASSPHRASE)
        read = {}
        for _, structure, metadata in repository.restore_points():
            self.assertEqual((metadata["kind"], metadata["tags"]), ("volume", {"made": "for ever"}))
            (member,) = structure["members"]
            record, facts = repository.record(member)
            self.assertEqual(facts["volumeSizeBytes"], 2**45)
            read[facts["snapshotId"]] = {index: repository.block(*place) for index, *place in repository.block_map(record)}
        self.assertEqual(read, {snapshot: {index: block(text) for index, text in state.items()} for snapshot, state in STATES.items()})

    def test_another_passphrase_opens_nothing(self):
        with self.assertRaises(ValueError):
            Repository(GOLDEN, "correct horse battery stable")

    def test_a_flipped_bit_anywhere_in_what_is_read_is_told(self):
        with tempfile.TemporaryDirectory() as scratch:
            for kind in ("packs", "meta", "log", "groups"):
                copy = pathlib.Path(scratch) / kind
                shutil.copytree(GOLDEN, copy)
                for path in (copy / kind).rglob("*"):
                    if path.is_file():
                        data = bytearray(path.read_bytes())
                        data[len(data) // 3] ^= 1
                        path.write_bytes(data)
                with self.assertRaises(Exception, msg=kind):
                    repository = Repository(copy, PASSPHRASE)
                    for _, structure, _ in repository.restore_points():
                        for member in structure["members"]:
                            record, _ = repository.record(member)
                            for _, *place in repository.block_map(record):
                                repository.block(*place)


if __name__ == "__main__":
    unittest.main()
