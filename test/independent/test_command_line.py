"""The AWS command line, as it comes."""

import json
import os
import subprocess
import tempfile
import unittest


def aws(*arguments: str) -> str:
    return subprocess.run(["aws", *arguments, "--output", "json"], check=True, capture_output=True, text=True).stdout


class CommandLine(unittest.TestCase):
    def test_copies_objects_and_takes_a_name_once(self):
        aws("s3", "mb", "s3://by-command")
        with tempfile.TemporaryDirectory() as folder:
            source, target = os.path.join(folder, "source"), os.path.join(folder, "target")
            with open(source, "wb") as file:
                file.write(os.urandom(9 * 1024 * 1024))
            aws("s3", "cp", source, "s3://by-command/data")
            aws("s3", "cp", "s3://by-command/data", target)
            with open(source, "rb") as first, open(target, "rb") as second:
                self.assertEqual(first.read(), second.read())
            aws("s3api", "put-object", "--bucket", "by-command", "--key", "once", "--if-none-match", "*")
            with self.assertRaises(subprocess.CalledProcessError) as raised:
                aws("s3api", "put-object", "--bucket", "by-command", "--key", "once", "--if-none-match", "*")
            self.assertIn("PreconditionFailed", raised.exception.stderr)

    def test_makes_volumes_and_reads_snapshots(self):
        self.assertEqual(json.loads(aws("sts", "get-caller-identity"))["Account"], "111122223333")
        volume = json.loads(aws("ec2", "create-volume", "--size", "1", "--availability-zone", "eu-west-1a"))["VolumeId"]
        aws("ec2", "wait", "volume-available", "--volume-ids", volume)
        self.assertEqual(json.loads(aws("ec2", "describe-volumes", "--volume-ids", volume))["Volumes"][0]["Size"], 1)
        snapshot = json.loads(aws("ec2", "create-snapshot", "--volume-id", volume))["SnapshotId"]
        aws("ec2", "wait", "snapshot-completed", "--snapshot-ids", snapshot)
        listing = json.loads(aws("ebs", "list-snapshot-blocks", "--snapshot-id", snapshot))
        self.assertEqual((listing["VolumeSize"], listing["BlockSize"]), (1, 524288))


if __name__ == "__main__":
    unittest.main()
