"""Volumes, instances, snapshots and EBS direct, by boto3 as it comes."""

import base64
import hashlib
import time
import unittest

import boto3
from botocore.exceptions import ClientError

BLOCK = 524288
ec2 = boto3.client("ec2")
ebs = boto3.client("ebs")


def sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def put(snapshot_id: str, index: int, data: bytes) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            ebs.put_snapshot_block(
                SnapshotId=snapshot_id, BlockIndex=index, BlockData=data, DataLength=len(data), Checksum=sha256(data), ChecksumAlgorithm="SHA256"
            )
            return
        except ebs.exceptions.ResourceNotFoundException:
            # a snapshot is not found everywhere right after its start
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def blocks_of(snapshot_id: str) -> list[dict]:
    blocks, token = [], {}
    while True:
        page = ebs.list_snapshot_blocks(SnapshotId=snapshot_id, **token)
        blocks += page["Blocks"]
        if "NextToken" not in page:
            return blocks
        token = {"NextToken": page["NextToken"]}


def wait_for(snapshot_id: str) -> None:
    ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot_id], WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def write_snapshot(content: dict[int, bytes], **options) -> str:
    snapshot_id = ebs.start_snapshot(VolumeSize=1, **options)["SnapshotId"]
    for index, data in content.items():
        put(snapshot_id, index, data)
    digests = b"".join(hashlib.sha256(content[index]).digest() for index in sorted(content))
    ebs.complete_snapshot(
        SnapshotId=snapshot_id, ChangedBlocksCount=len(content), Checksum=sha256(digests), ChecksumAlgorithm="SHA256", ChecksumAggregationMethod="LINEAR"
    )
    wait_for(snapshot_id)
    return snapshot_id


class Snapshots(unittest.TestCase):
    def test_what_is_put_is_listed_and_read(self):
        content = {3: b"\x03" * BLOCK, 0: b"\x00" * BLOCK, 2047: bytes(range(256)) * 2048}
        snapshot_id = write_snapshot(content)
        listed = blocks_of(snapshot_id)
        self.assertEqual([block["BlockIndex"] for block in listed], [0, 3, 2047])
        for block in listed:
            answer = ebs.get_snapshot_block(SnapshotId=snapshot_id, **block)
            data = answer["BlockData"].read()
            self.assertEqual(data, content[block["BlockIndex"]])
            self.assertEqual(answer["Checksum"], sha256(data))

    def test_a_volume_of_a_snapshot_has_its_data_and_changes_are_told(self):
        first = write_snapshot({1: b"a" * BLOCK, 2: b"b" * BLOCK})
        second = write_snapshot({2: b"c" * BLOCK, 9: b"d" * BLOCK}, ParentSnapshotId=first)
        changed = ebs.list_changed_blocks(FirstSnapshotId=first, SecondSnapshotId=second, MaxResults=10000)
        while not changed["ChangedBlocks"]:
            changed = ebs.list_changed_blocks(FirstSnapshotId=first, SecondSnapshotId=second, NextToken=changed["NextToken"])
        self.assertEqual([block["BlockIndex"] for block in changed["ChangedBlocks"]][:1], [2])
        volume_id = ec2.create_volume(AvailabilityZone="eu-west-1a", SnapshotId=second)["VolumeId"]
        ec2.get_waiter("volume_available").wait(VolumeIds=[volume_id], WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        again = ec2.create_snapshot(VolumeId=volume_id, Description="of a volume")["SnapshotId"]
        wait_for(again)
        self.assertEqual([block["BlockIndex"] for block in blocks_of(again)], [1, 2, 9])
        ec2.delete_volume(VolumeId=volume_id)

    def test_damage_and_misuse_are_refused(self):
        snapshot_id = ebs.start_snapshot(VolumeSize=1, ClientToken="once")["SnapshotId"]
        self.assertEqual(ebs.start_snapshot(VolumeSize=1, ClientToken="once")["SnapshotId"], snapshot_id)
        with self.assertRaises(ebs.exceptions.ConflictException):
            ebs.start_snapshot(VolumeSize=2, ClientToken="once")
        put(snapshot_id, 0, b"x" * BLOCK)
        with self.assertRaises(ebs.exceptions.ValidationException):
            ebs.put_snapshot_block(
                SnapshotId=snapshot_id, BlockIndex=1, BlockData=b"x" * BLOCK, DataLength=BLOCK, Checksum=sha256(b"other"), ChecksumAlgorithm="SHA256"
            )
        with self.assertRaises(ebs.exceptions.ValidationException):
            ebs.complete_snapshot(SnapshotId=snapshot_id, ChangedBlocksCount=2)
        with self.assertRaises(ebs.exceptions.ValidationException):
            ebs.list_snapshot_blocks(SnapshotId=snapshot_id)
        with self.assertRaises(ebs.exceptions.ResourceNotFoundException):
            ebs.list_snapshot_blocks(SnapshotId="snap-0123456789abcdef0")
        ec2.delete_snapshot(SnapshotId=snapshot_id)


class Instances(unittest.TestCase):
    def test_all_volumes_of_an_instance_are_frozen_together(self):
        images = ec2.describe_images(Owners=["amazon"], Filters=[{"Name": "architecture", "Values": ["x86_64"]}])["Images"]
        started = ec2.run_instances(
            ImageId=images[0]["ImageId"], InstanceType="t3.micro", MinCount=1, MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "backup", "Value": "gold"}]}],
        )["Instances"][0]
        instance_id = started["InstanceId"]
        ec2.get_waiter("instance_running").wait(InstanceIds=[instance_id], WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        volume_id = ec2.create_volume(AvailabilityZone=started["Placement"]["AvailabilityZone"], Size=1)["VolumeId"]
        ec2.get_waiter("volume_available").wait(VolumeIds=[volume_id], WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        ec2.attach_volume(Device="/dev/sdf", InstanceId=instance_id, VolumeId=volume_id)
        found = ec2.describe_instances(Filters=[{"Name": "tag:backup", "Values": ["gold"]}])["Reservations"][0]["Instances"][0]
        self.assertEqual(len(found["BlockDeviceMappings"]), 2)
        snapshots = ec2.create_snapshots(InstanceSpecification={"InstanceId": instance_id}, CopyTagsFromSource="volume")["Snapshots"]
        self.assertEqual(len(snapshots), 2)
        for snapshot in snapshots:
            wait_for(snapshot["SnapshotId"])
        pages = ec2.get_paginator("describe_snapshots").paginate(OwnerIds=["self"], PaginationConfig={"PageSize": 5})
        known = {snapshot["SnapshotId"] for page in pages for snapshot in page["Snapshots"]}
        self.assertTrue({snapshot["SnapshotId"] for snapshot in snapshots} <= known)

    def test_errors_have_the_codes_that_ec2_gives(self):
        for call, code in [
            (lambda: ec2.describe_volumes(VolumeIds=["vol-0123456789abcdef0"]), "InvalidVolume.NotFound"),
            (lambda: ec2.delete_snapshot(SnapshotId="snap-0123456789abcdef0"), "InvalidSnapshot.NotFound"),
            (lambda: ec2.describe_regions(DryRun=True), "DryRunOperation"),
        ]:
            with self.assertRaises(ClientError) as raised:
                call()
            self.assertEqual(raised.exception.response["Error"]["Code"], code)


if __name__ == "__main__":
    unittest.main()
