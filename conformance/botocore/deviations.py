"""Where AWS's answers are known to differ from AWS's own models; the sandbox answers as AWS does."""

import re

DEVIATIONS = [
    # The model lists the states with capitals (`Available`); the API reference's and the CLI's examples answer `available`,
    # and so does EC2: https://docs.aws.amazon.com/cli/latest/reference/ec2/describe-vpc-endpoints.html#examples
    re.compile(r"ec2\.DescribeVpcEndpoints: output\.VpcEndpoints\[\d+\]\.State: 'available' is none of "),
    # The model has `Windows`; the API reference and EC2 have `windows` (boto/boto3#2004, aws/aws-sdk-net#125).
    re.compile(r"ec2\.DescribeInstances: output\.Reservations\[\d+\]\.Instances\[\d+\]\.Platform: 'windows' is none of "),
    # The model requires an error of each state, those without one included; no code of its enum means that there is none.
    # moto, made from real answers, leaves both out. Nothing here reads them.
    re.compile(r"inspector2\.(BatchGetAccountStatus|Enable): output\.accounts\[\d+\]\.(state|resourceState\.\w+): lacks error(Code|Message), "),
    # Systems Manager gives this error no text: the AWS CLI prints "… when calling the GetCommandInvocation operation: ".
    re.compile(r"ssm\.GetCommandInvocation: output \(error\): has no message"),
]


def is_known(problem: str) -> bool:
    return any(deviation.match(problem) for deviation in DEVIATIONS)
