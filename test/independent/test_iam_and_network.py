"""Roles, their policies and networks, by boto3 as it comes."""

import json
import unittest

import boto3
from botocore.exceptions import ClientError

iam = boto3.client("iam")
ec2 = boto3.client("ec2")
sts = boto3.client("sts")


def document(**statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


class Roles(unittest.TestCase):
    def test_a_role_may_do_what_its_policy_allows_and_nothing_else(self):
        account = sts.get_caller_identity()["Account"]
        trust = document(Principal={"AWS": account}, Action="sts:AssumeRole", Condition={"StringEquals": {"sts:ExternalId": "external"}})
        arn = iam.create_role(RoleName="viewer", AssumeRolePolicyDocument=trust, Tags=[{"Key": "a", "Value": "b"}])["Role"]["Arn"]
        iam.put_role_policy(RoleName="viewer", PolicyName="p", PolicyDocument=document(Action="ec2:DescribeVpcs", Resource="*"))
        with self.assertRaises(ClientError) as refused:
            sts.assume_role(RoleArn=arn, RoleSessionName="session")
        self.assertEqual(refused.exception.response["Error"]["Code"], "AccessDenied")
        credentials = sts.assume_role(RoleArn=arn, RoleSessionName="session", ExternalId="external")["Credentials"]
        viewer = boto3.client(
            "ec2",
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )
        self.assertTrue(viewer.describe_vpcs()["Vpcs"])
        with self.assertRaises(ClientError) as refused:
            viewer.describe_subnets()
        self.assertEqual(refused.exception.response["Error"]["Code"], "UnauthorizedOperation")
        self.assertIn("because no identity-based policy allows the ec2:DescribeSubnets action", str(refused.exception))
        results = iam.simulate_principal_policy(PolicySourceArn=arn, ActionNames=["ec2:DescribeVpcs", "ec2:RunInstances"])["EvaluationResults"]
        self.assertEqual([result["EvalDecision"] for result in results], ["allowed", "implicitDeny"])


class Networks(unittest.TestCase):
    def test_a_private_network_is_made_described_and_removed(self):
        vpc_id = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
        ec2.modify_vpc_attribute(VpcId=vpc_id, EnableDnsHostnames={"Value": True})
        self.assertTrue(ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"])
        subnet = ec2.create_subnet(VpcId=vpc_id, CidrBlock="10.9.1.0/24")["Subnet"]
        self.assertEqual(subnet["AvailableIpAddressCount"], 251)
        group_id = ec2.create_security_group(GroupName="endpoints", Description="x", VpcId=vpc_id)["GroupId"]
        https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.9.0.0/16"}]}
        ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[https])
        endpoint = ec2.create_vpc_endpoint(
            VpcId=vpc_id, VpcEndpointType="Interface", ServiceName="com.amazonaws.eu-west-1.ebs", SubnetIds=[subnet["SubnetId"]], SecurityGroupIds=[group_id]
        )["VpcEndpoint"]
        self.assertTrue(endpoint["PrivateDnsEnabled"])
        interfaces = ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [vpc_id]}])["NetworkInterfaces"]
        self.assertEqual([one["InterfaceType"] for one in interfaces], ["vpc_endpoint"])
        with self.assertRaises(ClientError) as refused:
            ec2.delete_vpc(VpcId=vpc_id)
        self.assertEqual(refused.exception.response["Error"]["Code"], "DependencyViolation")
        self.assertEqual(ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])["Unsuccessful"], [])
        ec2.delete_security_group(GroupId=group_id)
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        ec2.delete_vpc(VpcId=vpc_id)
