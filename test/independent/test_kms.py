"""Keys, encryption contexts and data keys, by boto3 as it comes."""

import unittest

import boto3
from botocore.exceptions import ClientError

kms = boto3.client("kms")
CONTEXT = {"holdfast:repository": "0" * 32, "holdfast:role": "owner"}


class Kms(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.key = kms.create_key(Description="by boto3", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]
        kms.create_alias(AliasName="alias/independent", TargetKeyId=cls.key["KeyId"])

    def refused(self, code, call, **arguments):
        with self.assertRaises(ClientError) as raised:
            call(**arguments)
        self.assertEqual(raised.exception.response["Error"]["Code"], code)

    def test_what_is_encrypted_opens_with_its_context_only(self):
        encrypted = kms.encrypt(KeyId="alias/independent", Plaintext=b"secret", EncryptionContext=CONTEXT)
        self.assertEqual(encrypted["KeyId"], self.key["Arn"])
        blob = encrypted["CiphertextBlob"]
        self.assertNotIn(b"secret", blob)
        self.assertEqual(kms.decrypt(CiphertextBlob=blob, EncryptionContext=CONTEXT)["Plaintext"], b"secret")
        self.refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=blob)
        self.refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=blob, EncryptionContext={**CONTEXT, "holdfast:role": "writer"})
        self.refused("InvalidCiphertextException", kms.decrypt, CiphertextBlob=blob[:-1], EncryptionContext=CONTEXT)
        other = kms.create_key()["KeyMetadata"]["KeyId"]
        self.refused("IncorrectKeyException", kms.decrypt, KeyId=other, CiphertextBlob=blob, EncryptionContext=CONTEXT)
        elsewhere = boto3.client("kms", region_name="us-east-1")
        self.refused("AccessDeniedException", elsewhere.decrypt, CiphertextBlob=blob, EncryptionContext=CONTEXT)

    def test_data_keys_come_with_their_ciphertext(self):
        made = kms.generate_data_key(KeyId=self.key["Arn"], KeySpec="AES_256", EncryptionContext=CONTEXT)
        self.assertEqual(len(made["Plaintext"]), 32)
        self.assertEqual(kms.decrypt(CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)["Plaintext"], made["Plaintext"])
        silent = kms.generate_data_key_without_plaintext(KeyId=self.key["KeyId"], NumberOfBytes=16)
        self.assertNotIn("Plaintext", silent)
        self.assertEqual(len(kms.decrypt(CiphertextBlob=silent["CiphertextBlob"])["Plaintext"]), 16)

    def test_a_key_that_is_off_refuses(self):
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.disable_key(KeyId=key)
        self.refused("DisabledException", kms.encrypt, KeyId=key, Plaintext=b"x")
        kms.enable_key(KeyId=key)
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.refused("KMSInvalidStateException", kms.encrypt, KeyId=key, Plaintext=b"x")
        self.assertEqual(kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"], "PendingDeletion")
        kms.cancel_key_deletion(KeyId=key)
        self.refused("NotFoundException", kms.describe_key, KeyId="alias/nothing")
        self.refused("ValidationException", kms.generate_data_key, KeyId=self.key["KeyId"])

    def test_keys_and_aliases_are_listed(self):
        keys = {key["KeyArn"] for page in kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 2}) for key in page["Keys"]}
        self.assertIn(self.key["Arn"], keys)
        aliases = {alias["AliasName"] for page in kms.get_paginator("list_aliases").paginate() for alias in page["Aliases"]}
        self.assertLessEqual({"alias/independent", "alias/aws/ebs"}, aliases)
        self.assertIn("kms:*", kms.get_key_policy(KeyId=self.key["KeyId"], PolicyName="default")["Policy"])


if __name__ == "__main__":
    unittest.main()
