# SPDX-License-Identifier: Apache-2.0
"""Checks what the templates of packaging/cloudformation promise. Run by cloudformation.sh with cfn-lint's Python, whose
reader understands the short forms of intrinsic functions."""
import copy
import json
import os
import sys

from cfnlint.decode import cfn_yaml

PARAMETERS = {"SubnetID", "CloudIDArn", "CloudAuthArn", "ClusterName", "RoleName", "TaskName", "ServiceName", "LogGroupName"}
SECRETS = {"ELASTIC_CLOUD_ID", "ELASTIC_CLOUD_AUTH"}
# Actions that AWS offers for all resources only.
UNRESTRICTED = {"ecr:GetAuthorizationToken"}


def walk(node):
    yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from walk(child)


def as_list(value):
    return value if isinstance(value, list) else [value]


def lower(container):
    """Names of members as in JSON task definitions."""
    return {name[0].lower() + name[1:]: value for name, value in container.items()}


def check_container(container, all_names):
    container = lower(container)
    wrong = []
    text = json.dumps([container.get("command"), container.get("entryPoint"), container.get("environment")], default=str)
    if any(word in text for word in ("Cloud", "CLOUD", "password", "{{resolve")):
        wrong.append("a secret on the command line or in plain environment")
    if container["name"] in ("metrichost", "setup"):
        names = {lower(secret)["name"] for secret in container.get("secrets", [])}
        if names != SECRETS:
            wrong.append("secrets are %s" % sorted(names))
        if container["logConfiguration"] is None:
            wrong.append("no log")
    if container["name"] == "metrichost":
        check = lower(container["healthCheck"])["command"]
        if check[0] != "CMD" or check[2:] != ["status", "--health"]:
            wrong.append("health check is %s" % check)
        if not container.get("stopTimeout"):
            wrong.append("no stopTimeout")
    elif "metrichost" in all_names:
        order = [lower(entry) for entry in container.get("dependsOn", [])]
        if {"containerName": "metrichost", "condition": "START"} not in order:
            wrong.append("does not wait for metrichost")
    return ["%s: %s" % (container["name"], words) for words in wrong]


def check_containers(containers):
    names = [lower(container)["name"] for container in containers]
    return [words for container in containers for words in check_container(container, names)]


def check_statement(statement):
    if "Principal" in statement:
        return []
    resources, actions = as_list(statement["Resource"]), set(as_list(statement["Action"]))
    wrong = []
    if "*" in resources and not actions <= UNRESTRICTED:
        wrong.append("%s on everything" % sorted(actions))
    if any("*" in action for action in actions):
        wrong.append("a pattern of actions: %s" % sorted(actions))
    return wrong


def check_template(template):
    wrong = []
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::ECS::TaskDefinition":
            wrong += check_containers(properties["ContainerDefinitions"])
            wrong += ["%s: a task role" % name] if "TaskRoleArn" in properties else []
        if resource["Type"] == "AWS::Logs::LogGroup" and not properties.get("RetentionInDays"):
            wrong.append("%s: logs are kept for ever" % name)
        for node in walk(properties):
            if isinstance(node, dict) and "Action" in node:
                wrong += ["%s: %s" % (name, words) for words in check_statement(node)]
    return wrong


def load(folder, name):
    return cfn_yaml.load(os.path.join(folder, name))


def spoiled(template):
    """What the checks must find."""
    bad = copy.deepcopy(template)
    container = bad["Resources"]["TaskDefinition"]["Properties"]["ContainerDefinitions"][0]
    container["Command"] = ["sh", "-c", "metrichost -E cloud.auth=$ELASTIC_CLOUD_AUTH"]
    yield "command line", bad
    bad = copy.deepcopy(template)
    bad["Resources"]["ExecutionRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Resource"] = "*"
    yield "resource", bad
    bad = copy.deepcopy(template)
    del bad["Resources"]["LogGroup"]["Properties"]["RetentionInDays"]
    yield "retention", bad


def main():
    folder = sys.argv[1]
    service, sidecar = load(folder, "fargate-service.yml"), load(folder, "fargate-sidecar.yml")
    wrong = check_template(service) + check_template(sidecar)
    missing = PARAMETERS - set(service["Parameters"])
    wrong += ["fargate-service.yml: no parameter %s" % name for name in sorted(missing)]
    with open(os.path.join(folder, "task-definition.json")) as file:
        wrong += check_containers(json.load(file)["containerDefinitions"])
    for what, bad in spoiled(service):
        if not check_template(bad):
            wrong.append("the check of the %s finds nothing" % what)
    for words in wrong:
        print(words)
    return bool(wrong)


sys.exit(main())
