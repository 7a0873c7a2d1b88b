"""A second reader of the repository's format: Python, and nothing of holdfast.

It opens a repository in a directory by its passphrase, lists the restore points, and gives back the blocks of a volume:

    python3 second_reader.py test/golden/v1 "correct horse battery staple"
    python3 second_reader.py test/golden/v1 "correct horse battery staple" 01a2149f7f84e5ba521e disk.img

docs/repository-format.md is all that it was written from. It needs the packages cryptography and zstandard.
It reads: nothing of it writes, locks, pins or removes. So do not run it while a collection may remove what it reads.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import struct
import sys
import unicodedata
import zlib

import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

BLOCK = 524_288


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def hkdf(secret, salt, info):
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info.encode()).derive(secret)


def aes_open(key, sealed, additional):
    """nonce (12) + ciphertext + tag (16); raises InvalidTag where anything was changed."""
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], additional)


def plain_json(value):
    """JSON as the MACs are over it: keys sorted, no white space."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Repository:
    def __init__(self, folder, passphrase):
        self.folder = pathlib.Path(folder)
        self.configuration = json.loads(self.read("holdfast.json"))
        if self.configuration["format"] != "holdfast" or self.configuration["version"] != 1:
            raise ValueError("This is no repository of format version 1.")
        self.id = bytes.fromhex(self.configuration["repositoryId"])
        root = self.find_root(passphrase)
        self.k_id, self.k_data, self.k_struct, self.k_meta = (hkdf(root, self.id, f"holdfast/1 {name}") for name in ("block id", "data 0", "structure", "metadata"))

    def read(self, name):
        return (self.folder / name).read_bytes()

    # section 3: a slot wraps the root; the root proves itself by the MAC of holdfast.json

    def find_root(self, passphrase):
        for path in sorted((self.folder / "keys").iterdir()):
            slot = json.loads(path.read_bytes())
            if slot["kind"] != "passphrase" or slot["role"] != "owner":
                continue
            kdf = slot["kdf"]
            secret = unicodedata.normalize("NFC", passphrase).encode()
            key = hashlib.scrypt(secret, salt=bytes.fromhex(kdf["salt"]), n=kdf["N"], r=kdf["r"], p=kdf["p"], maxmem=2**30, dklen=32)
            described = {name: value for name, value in slot.items() if name not in ("wrapped", "mac")}
            try:
                root = aes_open(key, base64.b64decode(slot["wrapped"]), plain_json(described))
            except Exception:  # another passphrase's slot
                continue
            unsigned = {name: value for name, value in self.configuration.items() if name != "mac"}
            if hmac.compare_digest(mac(hkdf(root, self.id, "holdfast/1 configuration"), plain_json(unsigned)).hex(), self.configuration["mac"]):
                return root
        raise ValueError("The passphrase opens no slot of this repository.")

    # section 2: an object's own name is in the key, so that its bytes hold in their place alone

    def unseal(self, key, name, label, header, sealed):
        return aes_open(mac(key, name.encode()), sealed, self.id + label.encode() + b"\0" + header)

    # section 6: a group is a restore point, and names a record for each volume

    def envelope(self, name, magic):
        data = self.read(name)
        found, version, kind, _, structure_bytes, metadata_bytes = struct.unpack(">4sBBHII", data[:16])
        if found != magic or version != 1:
            raise ValueError(f"{name} is not what its place says.")
        header, structure, metadata = data[:16], data[16 : 16 + structure_bytes], data[16 + structure_bytes : 16 + structure_bytes + metadata_bytes]
        opened = json.loads(self.unseal(self.k_struct, name, "structure", header, structure))
        if kind != 1:
            return kind, opened, None
        return kind, opened, json.loads(self.unseal(self.k_meta, name, "metadata", header + hashlib.sha256(structure).digest(), metadata))

    def restore_points(self):
        for path in sorted((self.folder / "groups").glob("*/*")):
            name = path.relative_to(self.folder).as_posix()
            kind, structure, metadata = self.envelope(name, b"HFGR")
            if kind == 1:  # 2: withdrawn, and so no restore point
                yield path.name, structure, metadata

    def record(self, member):
        name = f"log/{member['stream']}/{member['sequence']:012d}"
        if hashlib.sha256(self.read(name)).hexdigest() != member["hash"]:
            raise ValueError(f"{name} is not the record that the group names.")
        _, structure, metadata = self.envelope(name, b"HFRC")
        return structure, metadata

    # section 5: pages of block maps

    def page(self, name, offset, length, check, kind, key):
        data = self.read(name)[offset : offset + length]
        magic, version, found, _, sealed_bytes, crc = struct.unpack(">4sBBHII", data[:16])
        if (magic, version, found, crc) != (b"HFPG", 1, kind, zlib.crc32(data[:12])) or sealed_bytes != length - 16:
            raise ValueError(f"There is no page of kind {kind} at {offset} in {name}.")
        plain = self.unseal(key, name, "page", data[:16] + struct.pack(">I", offset), data[16:])
        if hashlib.sha256(plain).digest()[:16] != check:
            raise ValueError(f"The page at {offset} in {name} is not the one that is meant.")
        return plain

    def block_map(self, record):
        """Gives (index, frame's pack, offset, length, block id) of each block with data, ascending."""
        meta_pack, root = record["metaPack"], record["root"]
        names = {meta_pack["ordinal"]: object_name("meta", meta_pack["id"]["sessionId"], meta_pack["id"]["number"])}
        plain = self.page(names[meta_pack["ordinal"]], root["offset"], root["length"], bytes.fromhex(root["check"]), 4, self.k_struct)
        inner_count, dictionary_count, _ = struct.unpack_from(">III", plain, 32)
        inner_pages = [(struct.unpack_from(">H", plain, 44 + 32 * i)[0], plain[48 + 32 * i : 76 + 32 * i]) for i in range(inner_count)]
        start = 44 + 32 * inner_count
        for i in range(dictionary_count):
            self.read_dictionary(self.follow(names, plain[start + 32 * i + 4 : start + 32 * i + 32], 3, self.k_struct), names)
        for inner_number, pointer in inner_pages:
            inner = self.follow(names, pointer, 2, self.k_meta)
            leaf_numbers = bits(inner[8:40])
            for i, leaf_number in enumerate(leaf_numbers):
                leaf = self.follow(names, inner[40 + 28 * i : 68 + 28 * i], 1, self.k_meta)
                first = (inner_number * 256 + leaf_number) * 256
                yield from read_leaf(leaf, first, names)

    def follow(self, names, pointer, kind, key):
        ordinal, offset, length = struct.unpack_from(">III", pointer)
        return self.page(names[ordinal], offset, length, pointer[12:28], kind, key)

    def read_dictionary(self, plain, names):
        at = 4
        for _ in range(struct.unpack_from(">H", plain, 2)[0]):
            ordinal, kind, _, version_bytes, sid, number = struct.unpack_from(">IBBH16sI", plain, at)
            names.setdefault(ordinal, object_name({1: "packs", 2: "meta"}[kind], sid.hex(), number))
            at += 60 + version_bytes

    # section 4: a frame is one block, sealed

    def block(self, pack, offset, length, block_id):
        frame = self.read(pack)[offset : offset + length]
        header, sealed = frame[:64], frame[64:]
        magic, version, compression, epoch, stored, raw = struct.unpack_from(">4sBBHII", header)
        if magic != b"HFBK" or version != 1 or epoch != 0 or raw != BLOCK or stored + 80 != length or header[16:32] != block_id:
            raise ValueError(f"There is no such frame at {offset} in {pack}.")
        if struct.unpack_from(">I", header, 60)[0] != zlib.crc32(header[:60]):
            raise ValueError(f"The header of the frame at {offset} in {pack} is damaged.")
        data = AESGCM(mac(self.k_data, block_id)).decrypt(header[32:44], sealed, self.id + header)
        if compression == 1:
            data = zstandard.ZstdDecompressor().decompress(data, max_output_size=BLOCK)
        if len(data) != BLOCK or mac(self.k_id, hashlib.sha256(data).digest())[:16] != block_id:
            raise ValueError(f"The block at {offset} in {pack} is not the one that is meant.")
        return data


def object_name(folder, sid, number):
    return f"{folder}/{sid[:2]}/{sid}-{number:06d}"


def bits(bitmap):
    return [8 * byte + bit for byte, value in enumerate(bitmap) for bit in range(8) if value >> bit & 1]


def read_leaf(plain, first, names):
    count, pack_count = struct.unpack_from(">HH", plain, 2)
    packs = struct.unpack_from(f">{pack_count}I", plain, 72)
    for i, block in enumerate(bits(plain[8:40])):
        entry = plain[72 + 4 * pack_count + 26 * i :]
        pack, offset = struct.unpack_from(">HI", entry, 16)
        yield first + block, names[packs[pack]], offset, int.from_bytes(entry[22:25], "big"), entry[:16]


def main(folder, passphrase, wanted=None, image=None):
    repository = Repository(folder, passphrase)
    for name, structure, metadata in repository.restore_points():
        print(name, structure["createdAt"], metadata["resource"], flush=True)
        for member in structure["members"]:
            record, facts = repository.record(member)
            blocks = 0
            for index, pack, offset, length, block_id in repository.block_map(record):
                data = repository.block(pack, offset, length, block_id)
                blocks += 1
                if name == wanted and image is not None:
                    with open(image, "r+b" if pathlib.Path(image).exists() else "w+b") as disk:
                        disk.truncate(facts["volumeSizeBytes"])
                        disk.seek(index * BLOCK)
                        disk.write(data)
            print(f"  {facts.get('volumeId', '')}, {facts['volumeSizeBytes']} bytes, {facts['method']}: {blocks} blocks with data, all as they should be")


if __name__ == "__main__":
    main(*sys.argv[1:])
