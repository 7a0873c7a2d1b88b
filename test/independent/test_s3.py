"""Conditional writes, multipart, versions and Object Lock, by boto3 as it comes."""

import datetime
import io
import os
import unittest
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

s3 = boto3.client("s3")
REGION = {"LocationConstraint": "eu-west-1"}


class S3(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        s3.create_bucket(Bucket="plain", CreateBucketConfiguration=REGION)
        s3.create_bucket(Bucket="locked", CreateBucketConfiguration=REGION, ObjectLockEnabledForBucket=True)

    def refused(self, code, call, **arguments):
        with self.assertRaises(ClientError) as raised:
            call(**arguments)
        self.assertEqual(raised.exception.response["Error"]["Code"], code)

    def test_a_conditional_write_takes_a_name_once(self):
        etag = s3.put_object(Bucket="plain", Key="once", Body=b"first", IfNoneMatch="*")["ETag"]
        self.refused("PreconditionFailed", s3.put_object, Bucket="plain", Key="once", Body=b"second", IfNoneMatch="*")
        self.assertEqual(s3.get_object(Bucket="plain", Key="once")["Body"].read(), b"first")
        s3.put_object(Bucket="plain", Key="once", Body=b"third", IfMatch=etag)
        self.refused("PreconditionFailed", s3.put_object, Bucket="plain", Key="once", Body=b"fourth", IfMatch=etag)

    def test_large_objects_go_in_parts_and_come_in_ranges(self):
        data = os.urandom(20 * 1024 * 1024)
        s3.upload_fileobj(io.BytesIO(data), "plain", "large")
        self.assertIn("-", s3.head_object(Bucket="plain", Key="large")["ETag"])
        target = io.BytesIO()
        s3.download_fileobj("plain", "large", target)
        self.assertEqual(target.getvalue(), data)
        part = s3.get_object(Bucket="plain", Key="large", Range="bytes=1000000-1000099")
        self.assertEqual(part["Body"].read(), data[1000000:1000100])
        self.assertEqual(part["ContentRange"], f"bytes 1000000-1000099/{len(data)}")

    def test_multipart_by_hand_with_a_condition(self):
        upload = s3.create_multipart_upload(Bucket="plain", Key="parts")["UploadId"]
        bodies = [os.urandom(5 * 1024 * 1024), b"the end"]
        parts = [
            {"PartNumber": number, "ETag": s3.upload_part(Bucket="plain", Key="parts", UploadId=upload, PartNumber=number, Body=body)["ETag"]}
            for number, body in enumerate(bodies, start=1)
        ]
        s3.complete_multipart_upload(Bucket="plain", Key="parts", UploadId=upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*")
        self.assertEqual(s3.get_object(Bucket="plain", Key="parts")["Body"].read(), b"".join(bodies))
        second = s3.create_multipart_upload(Bucket="plain", Key="parts")["UploadId"]
        part = s3.upload_part(Bucket="plain", Key="parts", UploadId=second, PartNumber=1, Body=b"x")
        self.refused(
            "PreconditionFailed", s3.complete_multipart_upload, Bucket="plain", Key="parts", UploadId=second,
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}, IfNoneMatch="*",
        )
        s3.abort_multipart_upload(Bucket="plain", Key="parts", UploadId=second)

    def test_a_locked_version_cannot_be_removed_or_its_lock_shortened(self):
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        version = s3.put_object(Bucket="locked", Key="kept", Body=b"kept", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)["VersionId"]
        self.refused("AccessDenied", s3.delete_object, Bucket="locked", Key="kept", VersionId=version)
        shorter = {"Mode": "COMPLIANCE", "RetainUntilDate": until - datetime.timedelta(hours=1)}
        self.refused("AccessDenied", s3.put_object_retention, Bucket="locked", Key="kept", VersionId=version, Retention=shorter)
        self.assertTrue(s3.delete_object(Bucket="locked", Key="kept")["DeleteMarker"])
        self.refused("NoSuchKey", s3.get_object, Bucket="locked", Key="kept")
        self.assertEqual(s3.get_object(Bucket="locked", Key="kept", VersionId=version)["Body"].read(), b"kept")

    def test_governance_and_legal_holds(self):
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)
        version = s3.put_object(Bucket="locked", Key="governed", Body=b"x", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until)["VersionId"]
        s3.put_object_legal_hold(Bucket="locked", Key="governed", VersionId=version, LegalHold={"Status": "ON"})
        self.refused("AccessDenied", s3.delete_object, Bucket="locked", Key="governed", VersionId=version, BypassGovernanceRetention=True)
        s3.put_object_legal_hold(Bucket="locked", Key="governed", VersionId=version, LegalHold={"Status": "OFF"})
        self.refused("AccessDenied", s3.delete_object, Bucket="locked", Key="governed", VersionId=version)
        s3.delete_object(Bucket="locked", Key="governed", VersionId=version, BypassGovernanceRetention=True)

    def test_names_are_listed_in_order_page_by_page(self):
        names = sorted(f"list/{number:03}" for number in range(25))
        for name in names:
            s3.put_object(Bucket="plain", Key=name, Body=b"")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket="plain", Prefix="list/", PaginationConfig={"PageSize": 10})
        self.assertEqual([item["Key"] for page in pages for item in page["Contents"]], names)
        grouped = s3.list_objects_v2(Bucket="plain", Delimiter="/")
        self.assertIn({"Prefix": "list/"}, grouped["CommonPrefixes"])

    def test_presigned_urls_work_without_credentials(self):
        # by default boto3 signs URLs with the old version 2, which new buckets do not take
        signer = boto3.client("s3", config=Config(signature_version="s3v4"))
        name = {"Bucket": "plain", "Key": "signed"}
        upload = urllib.request.Request(signer.generate_presigned_url("put_object", Params=name), data=b"by url", method="PUT")
        with urllib.request.urlopen(upload) as answer:
            self.assertEqual(answer.status, 200)
        with urllib.request.urlopen(signer.generate_presigned_url("get_object", Params=name)) as answer:
            self.assertEqual(answer.read(), b"by url")


class Identity(unittest.TestCase):
    def test_a_role_is_assumed_and_its_profile_is_known(self):
        iam, sts = boto3.client("iam"), boto3.client("sts")
        account = sts.get_caller_identity()["Account"]
        trust = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::%s:root"},"Action":"sts:AssumeRole"}]}' % account
        arn = iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        iam.create_instance_profile(InstanceProfileName="reader")
        iam.add_role_to_instance_profile(InstanceProfileName="reader", RoleName="reader")
        self.assertEqual(iam.get_instance_profile(InstanceProfileName="reader")["InstanceProfile"]["Roles"][0]["RoleName"], "reader")
        given = sts.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
        session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        self.assertEqual(session.client("sts").get_caller_identity()["Arn"], f"arn:aws:sts::{account}:assumed-role/reader/session")
        wrong = boto3.Session(given["AccessKeyId"], "x" * 40, given["SessionToken"])
        with self.assertRaises(ClientError) as raised:
            wrong.client("sts").get_caller_identity()
        self.assertEqual(raised.exception.response["Error"]["Code"], "SignatureDoesNotMatch")


if __name__ == "__main__":
    unittest.main()
