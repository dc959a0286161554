"""Each operation on events, queues, topics, schedules and the ledger: calls that succeed, and calls that AWS refuses."""

import json
from datetime import timedelta


def events(account) -> None:
    call, refused = account.call, account.refused
    bus = account.place["bus"]
    entry = {"Source": "conformance", "DetailType": "Test", "Detail": "{}", "Resources": ["a"], "EventBusName": bus, "Time": account.now}
    call("events", "PutEvents", Entries=[entry, {**entry, "Detail": "no JSON"}, {"Source": "x"}])
    refused("ValidationException", "events", "PutEvents", malformed=True, Entries=[entry] * 11)
    call("events", "DescribeEventBus", Name=bus)
    call("events", "DescribeEventBus")
    refused("ResourceNotFoundException", "events", "DescribeEventBus", Name="missing")
    call("events", "ListEventBuses", NamePrefix=bus[:3])
    call("events", "ListRules", EventBusName=bus)
    call("events", "ListRules", NamePrefix="eks")
    refused("ResourceNotFoundException", "events", "ListRules", EventBusName="missing")


def sqs(account) -> None:
    call, refused = account.call, account.refused
    queue, fifo = {"QueueUrl": account.place["deadLetters"]}, {"QueueUrl": account.place["fifo"]}
    missing = {"QueueUrl": account.place["deadLetters"] + "-missing"}
    attribute = {"DataType": "String", "StringValue": "here"}
    call("sqs", "SendMessage", **queue, MessageBody="{}", DelaySeconds=0, MessageAttributes={"made": attribute})
    call("sqs", "SendMessage", **fifo, MessageBody="{}", MessageGroupId="one", MessageDeduplicationId="one")
    refused("MissingParameter", "sqs", "SendMessage", **fifo, MessageBody="{}")
    refused("AWS.SimpleQueueService.NonExistentQueue", "sqs", "SendMessage", **missing, MessageBody="{}")
    entry = {"Id": "a", "MessageBody": "{}", "MessageAttributes": {"made": attribute}}
    call("sqs", "SendMessageBatch", **queue, Entries=[entry, {"Id": "b", "MessageBody": "{}", "DelaySeconds": 1}])
    refused("AWS.SimpleQueueService.BatchEntryIdsNotDistinct", "sqs", "SendMessageBatch", **queue, Entries=[entry, entry])
    refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", "sqs", "SendMessageBatch", **queue, Entries=[{**entry, "Id": str(n)} for n in range(11)])
    refused("AWS.SimpleQueueService.EmptyBatchRequest", "sqs", "SendMessageBatch", **queue, Entries=[])
    refused("AWS.SimpleQueueService.NonExistentQueue", "sqs", "SendMessageBatch", **missing, Entries=[entry])
    asked = {"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"], "MaxNumberOfMessages": 10}
    messages = call("sqs", "ReceiveMessage", **queue, **asked, VisibilityTimeout=60, WaitTimeSeconds=0)["Messages"]
    call("sqs", "ReceiveMessage", **fifo, AttributeNames=["All"])
    refused("AWS.SimpleQueueService.NonExistentQueue", "sqs", "ReceiveMessage", **missing)
    receipts = [message["ReceiptHandle"] for message in messages]
    call("sqs", "ChangeMessageVisibility", **queue, ReceiptHandle=receipts[0], VisibilityTimeout=30)
    refused("ReceiptHandleIsInvalid", "sqs", "ChangeMessageVisibility", **queue, ReceiptHandle="none", VisibilityTimeout=30)
    soon = [{"Id": "a", "ReceiptHandle": receipts[1], "VisibilityTimeout": 30}, {"Id": "b", "ReceiptHandle": "none", "VisibilityTimeout": 30}]
    call("sqs", "ChangeMessageVisibilityBatch", **queue, Entries=soon)
    refused("AWS.SimpleQueueService.NonExistentQueue", "sqs", "ChangeMessageVisibilityBatch", **missing, Entries=soon)
    call("sqs", "DeleteMessage", **queue, ReceiptHandle=receipts[0])
    refused("ReceiptHandleIsInvalid", "sqs", "DeleteMessage", **queue, ReceiptHandle="none")
    call("sqs", "DeleteMessageBatch", **queue, Entries=[{"Id": "a", "ReceiptHandle": receipts[1]}, {"Id": "b", "ReceiptHandle": "none"}])
    refused("AWS.SimpleQueueService.NonExistentQueue", "sqs", "DeleteMessageBatch", **missing, Entries=[{"Id": "a", "ReceiptHandle": "none"}])
    arn = call("sqs", "GetQueueAttributes", **queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    moved = {"SourceArn": arn, "DestinationArn": account.place["queueArn"], "MaxNumberOfMessagesPerSecond": 1}
    call("sqs", "StartMessageMoveTask", **moved)
    refused("AWS.SimpleQueueService.UnsupportedOperation", "sqs", "StartMessageMoveTask", **moved)
    refused("ResourceNotFoundException", "sqs", "StartMessageMoveTask", SourceArn=arn + "-missing")
    call("sqs", "ListMessageMoveTasks", SourceArn=arn, MaxResults=1)
    refused("ResourceNotFoundException", "sqs", "ListMessageMoveTasks", SourceArn=arn + "-missing")
    name = account.place["deadLetters"].rsplit("/", 1)[1]
    call("sqs", "GetQueueUrl", QueueName=name)
    refused("AWS.SimpleQueueService.NonExistentQueue", "sqs", "GetQueueUrl", QueueName="missing")
    call("sqs", "GetQueueAttributes", **queue, AttributeNames=["All"])
    call("sqs", "GetQueueAttributes", **fifo, AttributeNames=["All"])
    refused("AWS.SimpleQueueService.NonExistentQueue", "sqs", "GetQueueAttributes", **missing, AttributeNames=["All"])
    call("sqs", "ListQueues", QueueNamePrefix=name[:3])
    call("sqs", "PurgeQueue", **queue)
    refused("AWS.SimpleQueueService.NonExistentQueue", "sqs", "PurgeQueue", **missing)


def sns(account) -> None:
    call, refused = account.call, account.refused
    topic = {"TopicArn": account.place["topic"]}
    call("sns", "Publish", **topic, Message="here", Subject="made")
    call("sns", "Publish", TargetArn=topic["TopicArn"], Message=json.dumps({"default": "here"}), MessageStructure="json")
    refused("NotFound", "sns", "Publish", TopicArn=topic["TopicArn"] + "-missing", Message="here")
    refused("InvalidParameter", "sns", "Publish", **topic, Message="")
    call("sns", "ListTopics")
    call("sns", "ListSubscriptionsByTopic", **topic)
    refused("NotFound", "sns", "ListSubscriptionsByTopic", TopicArn=topic["TopicArn"] + "-missing")


def scheduler(account) -> None:
    call, refused = account.call, account.refused
    target = {"Arn": account.place["queueArn"], "RoleArn": account.place["schedulerRole"], "Input": "{}"}
    once = {
        "Name": "conformance",
        "GroupName": "default",
        "ScheduleExpression": f"at({account.now + timedelta(days=9):%Y-%m-%dT%H:%M:%S})",
        "ScheduleExpressionTimezone": "UTC",
        "Description": "Made here.",
        "State": "ENABLED",
        "Target": target,
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "ActionAfterCompletion": "DELETE",
    }
    call("scheduler", "CreateSchedule", **once, ClientToken="conformance")
    refused("ConflictException", "scheduler", "CreateSchedule", **once)
    refused("ValidationException", "scheduler", "CreateSchedule", **{**once, "Name": "other", "ScheduleExpression": "sometimes"})
    window = {"StartDate": account.now + timedelta(days=1), "EndDate": account.now + timedelta(days=8)}
    call("scheduler", "UpdateSchedule", **{**once, "ScheduleExpression": "rate(1 day)", "ActionAfterCompletion": "NONE"}, **window, ClientToken="conformance-2")
    refused("ResourceNotFoundException", "scheduler", "UpdateSchedule", **{**once, "Name": "missing"})
    named = {"Name": "conformance", "GroupName": "default"}
    call("scheduler", "GetSchedule", **named)
    refused("ResourceNotFoundException", "scheduler", "GetSchedule", Name="missing")
    call("scheduler", "ListSchedules", GroupName="default", NamePrefix="conf", State="ENABLED")
    call("scheduler", "CreateSchedule", **{**once, "Name": "conformance-3", "ScheduleExpression": "rate(1 day)", "ActionAfterCompletion": "NONE"}, **window)
    found = call("scheduler", "ListSchedules", MaxResults=1)
    call("scheduler", "ListSchedules", MaxResults=1, NextToken=found["NextToken"])
    refused("ValidationException", "scheduler", "ListSchedules", NextToken="none")
    call("scheduler", "DeleteSchedule", **named, ClientToken="conformance")
    refused("ResourceNotFoundException", "scheduler", "DeleteSchedule", Name="missing")


def dynamodb(account) -> None:
    call, refused = account.call, account.refused
    table = {"TableName": account.place["table"]}
    missing = {"TableName": "missing"}
    key = {"pk": {"S": "conformance"}, "sk": {"S": "one"}}
    names, values = {"#n": "number"}, {":n": {"N": "1"}}
    told = {"ReturnConsumedCapacity": "TOTAL"}
    call("dynamodb", "PutItem", **table, Item={**key, "number": {"N": "1"}}, ReturnValues="ALL_OLD", **told)
    unmet = {"ConditionExpression": "#n > :n", "ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    given_back = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    failed = "ConditionalCheckFailedException"
    refused(failed, "dynamodb", "PutItem", **table, Item=key, **unmet, **given_back)
    call("dynamodb", "GetItem", **table, Key=key, ConsistentRead=True, ProjectionExpression="#n", ExpressionAttributeNames=names, **told)
    refused("ResourceNotFoundException", "dynamodb", "GetItem", **missing, Key=key)
    refused("ValidationException", "dynamodb", "GetItem", **table, Key={"pk": {"S": "half"}})
    change = {"UpdateExpression": "SET #n = #n + :n", "ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    call("dynamodb", "UpdateItem", **table, Key=key, **change, ReturnValues="ALL_NEW", **told)
    call("dynamodb", "UpdateItem", **table, Key=key, **change, ConditionExpression="#n > :n")
    refused(failed, "dynamodb", "UpdateItem", **table, Key=key, **change, ConditionExpression="#n < :n", **given_back)
    by_key = {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": "conformance"}}}
    call("dynamodb", "Query", **table, **by_key, ConsistentRead=True, ScanIndexForward=False, Limit=1, **told)
    filtered = {"FilterExpression": "#n > :n", "ProjectionExpression": "pk", "ExpressionAttributeNames": names}
    call("dynamodb", "Query", **table, KeyConditionExpression="pk = :pk", **filtered, ExpressionAttributeValues={**values, **by_key["ExpressionAttributeValues"]})
    call("dynamodb", "Query", **table, **by_key, Select="COUNT", ExclusiveStartKey=key)
    refused("ValidationException", "dynamodb", "Query", **table, **by_key, IndexName="none")
    refused("ValidationException", "dynamodb", "Scan", **table, IndexName="none")
    refused("ResourceNotFoundException", "dynamodb", "Query", **missing, **by_key)
    found = call("dynamodb", "Scan", **table, Limit=1, **told)
    call("dynamodb", "Scan", **table, ExclusiveStartKey=found["LastEvaluatedKey"], **filtered, ExpressionAttributeValues=values)
    call("dynamodb", "Scan", **table, Segment=0, TotalSegments=2, ConsistentRead=True, Select="COUNT")
    refused("ResourceNotFoundException", "dynamodb", "Scan", **missing)
    call("dynamodb", "BatchGetItem", RequestItems={table["TableName"]: {"Keys": [key], "ConsistentRead": True}}, **told)
    refused("ResourceNotFoundException", "dynamodb", "BatchGetItem", RequestItems={"missing": {"Keys": [key]}})
    call("dynamodb", "BatchWriteItem", RequestItems={table["TableName"]: [{"PutRequest": {"Item": {**key, "sk": {"S": "two"}}}}]}, **told)
    refused("ResourceNotFoundException", "dynamodb", "BatchWriteItem", RequestItems={"missing": [{"DeleteRequest": {"Key": key}}]})
    refused(failed, "dynamodb", "DeleteItem", **table, Key=key, **{**unmet, "ConditionExpression": "#n < :n"}, **given_back)
    call("dynamodb", "DeleteItem", **table, Key=key, ReturnValues="ALL_OLD", **told)
    call("dynamodb", "DescribeTable", **table)
    refused("ResourceNotFoundException", "dynamodb", "DescribeTable", **missing)
    call("dynamodb", "DescribeTimeToLive", **table)
    refused("ResourceNotFoundException", "dynamodb", "DescribeTimeToLive", **missing)
    call("dynamodb", "ListTables")


MESSAGES = [events, sqs, sns, scheduler, dynamodb]
