"""Each operation on rights, parameters, agents, findings, logs, metrics and the stack: calls that succeed, and that AWS refuses."""

from datetime import timedelta


def iam(account) -> None:
    call, refused = account.call, account.refused
    profile = account.place["instanceProfile"]
    [role] = call("iam", "GetInstanceProfile", InstanceProfileName=profile)["InstanceProfile"]["Roles"]
    name = {"RoleName": role["RoleName"]}
    refused("NoSuchEntity", "iam", "GetInstanceProfile", InstanceProfileName="missing")
    call("iam", "GetRole", **name)
    refused("NoSuchEntity", "iam", "GetRole", RoleName="missing")
    attached = call("iam", "ListAttachedRolePolicies", **name, PathPrefix="/", MaxItems=1)
    call("iam", "ListAttachedRolePolicies", **name, Marker=attached["Marker"])
    refused("NoSuchEntity", "iam", "ListAttachedRolePolicies", RoleName="missing")
    arn = attached["AttachedPolicies"][0]["PolicyArn"]
    policy = call("iam", "GetPolicy", PolicyArn=arn)["Policy"]
    refused("NoSuchEntity", "iam", "GetPolicy", PolicyArn="arn:aws:iam::aws:policy/missing")
    refused("InvalidInput", "iam", "GetPolicy", PolicyArn="arn:aws:sns:eu-central-1:111122223333:policy-no")
    call("iam", "GetPolicyVersion", PolicyArn=arn, VersionId=policy["DefaultVersionId"])
    refused("NoSuchEntity", "iam", "GetPolicyVersion", PolicyArn=arn, VersionId="v999")
    with_inline = {"RoleName": account.place["roleWithInlinePolicy"]}
    [inline, *_] = call("iam", "ListRolePolicies", **with_inline, MaxItems=1)["PolicyNames"]
    refused("ValidationError", "iam", "ListRolePolicies", **with_inline, Marker="none")
    refused("NoSuchEntity", "iam", "ListRolePolicies", RoleName="missing")
    call("iam", "GetRolePolicy", **with_inline, PolicyName=inline)
    refused("NoSuchEntity", "iam", "GetRolePolicy", **with_inline, PolicyName="missing")
    call("iam", "AttachRolePolicy", **name, PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
    call("iam", "DetachRolePolicy", **name, PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
    refused("NoSuchEntity", "iam", "DetachRolePolicy", **name, PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
    refused("NoSuchEntity", "iam", "AttachRolePolicy", **name, PolicyArn="arn:aws:iam::aws:policy/missing")


def ssm_parameters(account) -> None:
    call, refused = account.call, account.refused
    policy = account.place["policy"]
    call("ssm", "GetParameter", Name=policy, WithDecryption=True)
    refused("ParameterNotFound", "ssm", "GetParameter", Name="/missing")
    call("ssm", "GetParameters", Names=[policy, "/missing"], WithDecryption=False)
    public = "/aws/service/eks/optimized-ami/1.33/amazon-linux-2023/x86_64/standard/recommended"
    call("ssm", "GetParameters", Names=[f"{public}/release_version", public])
    refused("ValidationException", "ssm", "GetParameters", malformed=True, Names=[f"/{n}" for n in range(11)])
    found = call("ssm", "GetParametersByPath", Path=public, Recursive=True, WithDecryption=False, MaxResults=1)
    call("ssm", "GetParametersByPath", Path=public, NextToken=found["NextToken"], MaxResults=1)
    refused("InvalidNextToken", "ssm", "GetParametersByPath", Path=public, NextToken="none")
    made = {"Name": "/conformance/one", "Value": "here", "Type": "String", "Description": "Made here.", "Tier": "Standard"}
    call("ssm", "PutParameter", **made)
    call("ssm", "PutParameter", **{**made, "Value": "there"}, Overwrite=True)
    call("ssm", "GetParameter", Name="/conformance/one:1")
    refused("ParameterVersionNotFound", "ssm", "GetParameter", Name="/conformance/one:9")
    refused("ParameterAlreadyExists", "ssm", "PutParameter", **made)
    refused("ValidationException", "ssm", "PutParameter", **{**made, "Value": "x" * 4097}, Overwrite=True)
    call("ssm", "DeleteParameter", Name=made["Name"])
    refused("ParameterNotFound", "ssm", "DeleteParameter", Name=made["Name"])


def ssm_agents(account) -> None:
    call, refused = account.call, account.refused
    found = call("ssm", "DescribeInstanceInformation", MaxResults=5)
    call("ssm", "DescribeInstanceInformation", MaxResults=5, NextToken=found["NextToken"])
    refused("InvalidNextToken", "ssm", "DescribeInstanceInformation", NextToken="none")
    refused("InvalidFilterKey", "ssm", "DescribeInstanceInformation", Filters=[{"Key": "Nothing", "Values": ["x"]}])
    instance = account.place["instanceWithScripts"]
    call("ssm", "DescribeInstanceInformation", Filters=[{"Key": "InstanceIds", "Values": [instance]}])
    call("ssm", "GetConnectionStatus", Target=instance)
    run = {"DocumentName": "AWS-RunShellScript", "InstanceIds": [instance], "Parameters": {"commands": ["uname -r"]}}
    bounds = {"TimeoutSeconds": 60, "Comment": "Made here.", "MaxConcurrency": "50", "MaxErrors": "10%"}
    call("ssm", "SendCommand", **run, **bounds)
    call("ssm", "SendCommand", DocumentName="AWS-UpdateSSMAgent", DocumentVersion="$DEFAULT", InstanceIds=[instance])
    refused("InvalidDocumentVersion", "ssm", "SendCommand", **{**run, "DocumentVersion": "7"})
    refused("InvalidDocument", "ssm", "SendCommand", DocumentName="Missing", InstanceIds=[instance])
    refused("InvalidInstanceId", "ssm", "SendCommand", **{**run, "InstanceIds": ["i-0123456789abcdef0"]})
    refused("InvalidParameters", "ssm", "SendCommand", **{**run, "Parameters": {"nothing": ["x"]}})
    preferences = {"Name": "SSM-SessionManagerRunShell", "Content": '{"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": {}}'}
    refused("InvalidDocument", "ssm", "GetDocument", Name="SSM-SessionManagerRunShell")
    refused("InvalidDocumentContent", "ssm", "CreateDocument", **{**preferences, "Content": "{}"}, DocumentType="Session")
    call("ssm", "CreateDocument", **preferences, DocumentType="Session", DocumentFormat="JSON")
    refused("DocumentAlreadyExists", "ssm", "CreateDocument", **preferences, DocumentType="Session")
    call("ssm", "GetDocument", Name="SSM-SessionManagerRunShell")
    name = {"Name": "SSM-SessionManagerRunShell"}
    update = {**name, "Content": preferences["Content"].replace("{}", '{"idleSessionTimeout": "15"}'), "DocumentFormat": "JSON"}
    updated = call("ssm", "UpdateDocument", **update, DocumentVersion="$LATEST")["DocumentDescription"]
    call("ssm", "UpdateDocumentDefaultVersion", **name, DocumentVersion=updated["DocumentVersion"])
    call("ssm", "GetDocument", **name, DocumentVersion="1")
    refused("DuplicateDocumentContent", "ssm", "UpdateDocument", **update, DocumentVersion="$LATEST")
    refused("InvalidDocumentVersion", "ssm", "UpdateDocument", **update, DocumentVersion="1")
    refused("InvalidDocumentVersion", "ssm", "GetDocument", **name, DocumentVersion="7")
    refused("InvalidDocumentVersion", "ssm", "UpdateDocumentDefaultVersion", **name, DocumentVersion="7")
    refused("InvalidDocument", "ssm", "UpdateDocument", **{**update, "Name": "Missing"}, DocumentVersion="$LATEST")
    call("ssm", "GetCalendarState", CalendarNames=["release-freeze"])
    call("ssm", "GetCalendarState", CalendarNames=["release-freeze"], AtTime="2026-12-24T06:00:00Z")
    refused("InvalidDocument", "ssm", "GetCalendarState", CalendarNames=["release-freeze", "missing"])
    setting = {"SettingId": "/ssm/managed-instance/default-ec2-instance-management-role"}
    call("ssm", "GetServiceSetting", **setting)
    refused("ServiceSettingNotFound", "ssm", "GetServiceSetting", SettingId="/ssm/missing")
    call("ssm", "UpdateServiceSetting", **setting, SettingValue="service-role/AWSSystemsManagerDefaultEC2InstanceManagementRole")
    refused("ServiceSettingNotFound", "ssm", "UpdateServiceSetting", SettingId="/ssm/missing", SettingValue="x")
    call("ssm", "ResetServiceSetting", **setting)
    refused("ServiceSettingNotFound", "ssm", "ResetServiceSetting", SettingId="/ssm/missing")


def ssm_commands(account) -> None:
    """Calls for the results of the commands, after they have had time."""
    call, refused = account.call, account.refused
    [sent, *_] = [one for one in call("ssm", "ListCommandInvocations")["CommandInvocations"] if one["DocumentName"] == "AWS-RunShellScript"]
    command, instance = sent["CommandId"], sent["InstanceId"]
    call("ssm", "GetCommandInvocation", CommandId=command, InstanceId=instance, PluginName="aws:runShellScript")
    refused("InvocationDoesNotExist", "ssm", "GetCommandInvocation", CommandId="2d0c4a4b-4e0c-4b8e-9a6f-1f4f5f0d9c11", InstanceId=instance)
    refused("InvalidPluginName", "ssm", "GetCommandInvocation", CommandId=command, InstanceId=instance, PluginName="none")
    call("ssm", "ListCommandInvocations", CommandId=command, InstanceId=instance, Details=True)
    listed = call("ssm", "ListCommandInvocations", MaxResults=1)
    call("ssm", "ListCommandInvocations", MaxResults=1, NextToken=listed["NextToken"])
    refused("InvalidCommandId", "ssm", "ListCommandInvocations", malformed=True, CommandId="none")


def sts(account) -> None:
    account.call("sts", "GetCallerIdentity")


def inspector(account) -> None:
    call, refused = account.call, account.refused
    call("inspector2", "BatchGetAccountStatus", accountIds=[account.place["account"]])
    sort = {"field": "SEVERITY", "sortOrder": "DESC"}
    open_ones = {"findingStatus": [{"comparison": "EQUALS", "value": "ACTIVE"}]}
    found = call("inspector2", "ListFindings", filterCriteria=open_ones, sortCriteria=sort, maxResults=1)
    call("inspector2", "ListFindings", filterCriteria=open_ones, maxResults=1, nextToken=found["nextToken"])
    refused("ValidationException", "inspector2", "ListFindings", nextToken="none")
    of = [{"comparison": "EQUALS", "value": found["findings"][0]["resources"][0]["id"]}]
    call("inspector2", "ListFindings", filterCriteria={"resourceId": of})
    counted = call("inspector2", "ListFindingAggregations", aggregationType="AWS_EC2_INSTANCE", maxResults=1)
    call("inspector2", "ListFindingAggregations", aggregationType="AWS_EC2_INSTANCE", nextToken=counted["nextToken"])
    own = [{"comparison": "EQUALS", "value": account.place["account"]}]
    call("inspector2", "ListFindingAggregations", aggregationType="AWS_EC2_INSTANCE", accountIds=own)
    refused("ValidationException", "inspector2", "ListFindingAggregations", aggregationType="AWS_EC2_INSTANCE", nextToken="none")
    seen = call("inspector2", "ListCoverage", maxResults=1)
    call("inspector2", "ListCoverage", maxResults=1, nextToken=seen["nextToken"])
    call("inspector2", "ListCoverage", filterCriteria={"resourceId": of})
    by_mode = [{"comparison": "EQUALS", "value": "EC2_INSPECTOR_AGENT_BASED"}]
    call("inspector2", "ListCoverage", filterCriteria={"scanMode": by_mode})
    refused("ValidationException", "inspector2", "ListCoverage", nextToken="none")
    call("inspector2", "Enable", resourceTypes=["EC2"], accountIds=[account.place["account"]], clientToken="conformance")
    refused("ValidationException", "inspector2", "Enable", malformed=True, resourceTypes=[])


def logs(account) -> None:
    call, refused = account.call, account.refused
    group = account.place["logGroup"]
    name = {"logGroupName": group}
    arn = f"arn:aws:logs:{account.place['region']}:{account.place['account']}:log-group:{group}"
    missing = {"logGroupName": "missing"}
    found = call("logs", "DescribeLogGroups", limit=1)
    if "nextToken" in found:
        call("logs", "DescribeLogGroups", limit=1, nextToken=found["nextToken"])
    call("logs", "DescribeLogGroups", logGroupNamePrefix=group[:4])
    call("logs", "DescribeLogGroups", logGroupNamePattern="eks")
    refused("InvalidParameterException", "logs", "DescribeLogGroups", nextToken="none")
    streams = call("logs", "DescribeLogStreams", **name, orderBy="LastEventTime", descending=True, limit=1)
    call("logs", "DescribeLogStreams", **name, limit=1, nextToken=streams["nextToken"], orderBy="LastEventTime", descending=True)
    stream = streams["logStreams"][0]["logStreamName"]
    call("logs", "DescribeLogStreams", logGroupIdentifier=arn, logStreamNamePrefix=stream[:8])
    refused("ResourceNotFoundException", "logs", "DescribeLogStreams", **missing)
    start, end = millis(account.now - timedelta(hours=2)), millis(account.now)
    range_ = {"startTime": start, "endTime": end}
    records = call("logs", "FilterLogEvents", **name, **range_, filterPattern='{ $.kind = "record" }', limit=1, interleaved=True)
    call("logs", "FilterLogEvents", **name, **range_, filterPattern='{ $.kind = "record" }', limit=1, nextToken=records["nextToken"])
    call("logs", "FilterLogEvents", logGroupIdentifier=arn, logStreamNames=[stream], limit=10)
    call("logs", "FilterLogEvents", **name, logStreamNamePrefix=stream[:8], limit=10)
    refused("ResourceNotFoundException", "logs", "FilterLogEvents", **missing)
    refused("InvalidParameterException", "logs", "FilterLogEvents", **name, filterPattern="{ $.kind = ")
    events = call("logs", "GetLogEvents", **name, logStreamName=stream, **range_, limit=1, startFromHead=True)
    call("logs", "GetLogEvents", logGroupIdentifier=arn, logStreamName=stream, nextToken=events["nextForwardToken"])
    refused("ResourceNotFoundException", "logs", "GetLogEvents", **name, logStreamName="missing")
    seconds = {"startTime": start // 1000, "endTime": end // 1000}
    query = call("logs", "StartQuery", **name, **seconds, queryString="fields @timestamp, @message | limit 1", limit=5)
    call("logs", "StartQuery", logGroupNames=[group], **seconds, queryString="stats count(*) as lines by level")
    call("logs", "StartQuery", logGroupIdentifiers=[arn], **seconds, queryString="fields @timestamp")
    refused("MalformedQueryException", "logs", "StartQuery", **name, **seconds, queryString="fields | | nothing(")
    refused("ResourceNotFoundException", "logs", "StartQuery", **missing, **seconds, queryString="fields @timestamp")
    call("logs", "GetQueryResults", queryId=query["queryId"])
    refused("ResourceNotFoundException", "logs", "GetQueryResults", queryId="2d0c4a4b-4e0c-4b8e-9a6f-1f4f5f0d9c11")
    saved = call("logs", "DescribeQueryDefinitions", maxResults=1)
    call("logs", "DescribeQueryDefinitions", maxResults=1, nextToken=saved["nextToken"])
    call("logs", "DescribeQueryDefinitions", queryDefinitionNamePrefix="eks")
    refused("InvalidParameterException", "logs", "DescribeQueryDefinitions", nextToken="none")


def millis(moment) -> int:
    return int(moment.timestamp() * 1000)


def cloudwatch(account) -> None:
    call, refused = account.call, account.refused
    service = "monitoring"
    found = call(service, "DescribeAlarms", MaxRecords=1, AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    call(service, "DescribeAlarms", MaxRecords=1, NextToken=found["NextToken"])
    [alarm, *_] = found["MetricAlarms"] + found["CompositeAlarms"]
    call(service, "DescribeAlarms", AlarmNames=[alarm["AlarmName"], "missing"])
    refused("ValidationError", service, "DescribeAlarms", malformed=True, AlarmNames=[f"a{n}" for n in range(101)])
    call(service, "DescribeAlarms", AlarmNamePrefix=alarm["AlarmName"][:3], StateValue="OK")
    refused("InvalidNextToken", service, "DescribeAlarms", NextToken="none")
    history = call(service, "DescribeAlarmHistory", MaxRecords=1, ScanBy="TimestampDescending", HistoryItemType="StateUpdate")
    call(service, "DescribeAlarmHistory", MaxRecords=1, NextToken=history["NextToken"])
    range_ = {"StartDate": account.now - timedelta(hours=1), "EndDate": account.now}
    call(service, "DescribeAlarmHistory", AlarmName=alarm["AlarmName"], AlarmTypes=["MetricAlarm"], **range_)
    refused("InvalidNextToken", service, "DescribeAlarmHistory", NextToken="none")
    metrics = call(service, "ListMetrics")
    [metric, *_] = [one for one in metrics["Metrics"] if one["Dimensions"]]
    call(service, "ListMetrics", Namespace=metric["Namespace"], MetricName=metric["MetricName"], Dimensions=metric["Dimensions"])
    refused("InvalidParameterValue", service, "ListMetrics", NextToken="none")
    stat = {"Metric": metric, "Period": 300, "Stat": "Sum"}
    query = [{"Id": "a", "MetricStat": stat, "ReturnData": True}]
    times = {"StartTime": account.now - timedelta(hours=1), "EndTime": account.now}
    call(service, "GetMetricData", MetricDataQueries=query, **times, ScanBy="TimestampAscending")
    vcpus = {"Namespace": "AWS/Usage", "MetricName": "ResourceCount", "Dimensions": [{"Name": name, "Value": value} for name, value in {"Service": "EC2", "Type": "Resource", "Resource": "vCPU", "Class": "Standard/OnDemand"}.items()]}
    used = {"Id": "used", "MetricStat": {"Metric": vcpus, "Period": 300, "Stat": "Maximum"}}
    call(service, "GetMetricData", MetricDataQueries=[used, {"Id": "limit", "Expression": "SERVICE_QUOTA(used)"}], **times)
    refused("ValidationError", service, "GetMetricData", MetricDataQueries=[{"Id": "limit", "Expression": "SERVICE_QUOTA(used)"}], **times)
    refused("ValidationError", service, "GetMetricData", MetricDataQueries=query, StartTime=times["EndTime"], EndTime=times["StartTime"])
    [dashboard, *_] = call(service, "ListDashboards", DashboardNamePrefix="eks")["DashboardEntries"]
    call(service, "GetDashboard", DashboardName=dashboard["DashboardName"])
    refused("ResourceNotFound", service, "GetDashboard", DashboardName="missing")


def cloudformation(account) -> None:
    account.call("cloudformation", "DescribeStacks", StackName=account.place["stack"])
    account.call("cloudformation", "DescribeStacks")
    account.refused("ValidationError", "cloudformation", "DescribeStacks", StackName="missing")


def securityhub(account) -> None:
    call, refused = account.call, account.refused
    number, region = account.place["account"], account.place["region"]
    finding = {
        "SchemaVersion": "2018-10-08",
        "Id": "conformance/1",
        "ProductArn": f"arn:aws:securityhub:{region}:{number}:product/{number}/default",
        "GeneratorId": "conformance",
        "AwsAccountId": number,
        "Types": ["Software and Configuration Checks/AWS Security Best Practices"],
        "CreatedAt": f"{account.now:%Y-%m-%dT%H:%M:%S}Z",
        "UpdatedAt": f"{account.now:%Y-%m-%dT%H:%M:%S}Z",
        "Severity": {"Label": "LOW"},
        "Title": "Made here",
        "Description": "Made here.",
        "Resources": [{"Type": "Other", "Id": "conformance"}],
    }
    call("securityhub", "BatchImportFindings", Findings=[finding, {**finding, "Id": "conformance/2"}, {**finding, "AwsAccountId": "999999999999"}])
    refused("InvalidInputException", "securityhub", "BatchImportFindings", malformed=True, Findings=[finding] * 101)
    call("securityhub", "GetFindings", Filters={"Id": [{"Value": "conformance/1", "Comparison": "EQUALS"}]})
    found = call("securityhub", "GetFindings", MaxResults=1)
    call("securityhub", "GetFindings", MaxResults=1, NextToken=found["NextToken"])
    refused("InvalidInputException", "securityhub", "GetFindings", NextToken="none")


OPERATIONS = [iam, ssm_parameters, ssm_agents, sts, inspector, logs, cloudwatch, cloudformation, securityhub]
# These calls come after time has passed.
OPERATIONS_LATER = [ssm_commands]
