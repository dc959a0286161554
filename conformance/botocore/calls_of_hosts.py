"""Each operation on clusters, hosts and their networks: calls that succeed, and calls that AWS refuses."""

from ipaddress import ip_network
from itertools import islice


def eks(account) -> None:
    call, refused = account.call, account.refused
    refused("InvalidParameterException", "eks", "ListClusters", nextToken="none")
    cluster = call("eks", "ListClusters", maxResults=1)
    call("eks", "ListClusters", nextToken=cluster["nextToken"])
    name = account.place["cluster"]
    call("eks", "DescribeCluster", name=name)
    refused("ResourceNotFoundException", "eks", "DescribeCluster", name="missing")
    groups = call("eks", "ListNodegroups", clusterName=name, maxResults=1)
    call("eks", "ListNodegroups", clusterName=name, nextToken=groups["nextToken"])
    refused("ResourceNotFoundException", "eks", "ListNodegroups", clusterName="missing")
    group = {"clusterName": name, "nodegroupName": account.place["nodegroup"]}
    described = call("eks", "DescribeNodegroup", **group)["nodegroup"]
    refused("ResourceNotFoundException", "eks", "DescribeNodegroup", clusterName=name, nodegroupName="missing")
    target = {"version": described["version"], "releaseVersion": described["releaseVersion"]}
    update = call("eks", "UpdateNodegroupVersion", **group, **target, force=True, clientRequestToken="conformance")["update"]
    refused("ResourceInUseException", "eks", "UpdateNodegroupVersion", **group, **target, clientRequestToken="another")
    refused("InvalidParameterException", "eks", "UpdateNodegroupVersion", clusterName=name, nodegroupName=account.place["otherNodegroup"], version="1.01")
    refused("InvalidParameterException", "eks", "UpdateNodegroupVersion", clusterName=name, nodegroupName=account.place["otherNodegroup"], launchTemplate={"id": "lt-0123456789abcdef0", "version": "2"})
    call("eks", "ListUpdates", name=name, nodegroupName=account.place["nodegroup"], maxResults=100)
    refused("InvalidParameterException", "eks", "ListUpdates", name=name, nextToken="none")
    refused("ResourceNotFoundException", "eks", "ListUpdates", name="missing")
    named = {"name": name, "nodegroupName": account.place["nodegroup"]}
    call("eks", "DescribeUpdate", **named, updateId=update["id"])
    refused("ResourceNotFoundException", "eks", "DescribeUpdate", **named, updateId="2d0c4a4b-4e0c-4b8e-9a6f-1f4f5f0d9c11")
    readiness = {"categories": ["UPGRADE_READINESS"], "statuses": ["ERROR"]}
    insights = call("eks", "ListInsights", clusterName=name, filter=readiness, maxResults=1)
    call("eks", "ListInsights", clusterName=name, filter=readiness, nextToken=insights["nextToken"])
    call("eks", "ListInsights", clusterName=name, filter={**readiness, "kubernetesVersions": ["1.34"]})
    refused("ResourceNotFoundException", "eks", "ListInsights", clusterName="missing")
    refused("InvalidParameterException", "eks", "ListInsights", clusterName=name, nextToken="none")
    authorities = call("eks", "ListCertificateAuthorities", clusterName=name, maxResults=1)
    authority = authorities["certificateAuthorities"][0]["id"]
    call("eks", "DescribeCertificateAuthority", clusterName=name, certificateAuthorityId=authority)
    refused("ResourceNotFoundException", "eks", "ListCertificateAuthorities", clusterName="missing")
    refused("InvalidParameterException", "eks", "ListCertificateAuthorities", clusterName=name, nextToken="none")
    refused("ResourceNotFoundException", "eks", "DescribeCertificateAuthority", clusterName=name, certificateAuthorityId="missing")
    call("eks", "ListFargateProfiles", clusterName=name, maxResults=1)
    refused("ResourceNotFoundException", "eks", "ListFargateProfiles", clusterName="missing")
    refused("InvalidParameterException", "eks", "ListFargateProfiles", clusterName=name, nextToken="none")
    versions = call("eks", "DescribeClusterVersions", includeAll=True, clusterType="eks", maxResults=1)
    call("eks", "DescribeClusterVersions", includeAll=True, clusterType="eks", nextToken=versions["nextToken"])
    call("eks", "DescribeClusterVersions", clusterVersions=[versions["clusterVersions"][0]["clusterVersion"]])
    call("eks", "DescribeClusterVersions", versionStatus="STANDARD_SUPPORT")
    refused("InvalidParameterException", "eks", "DescribeClusterVersions", nextToken="none")
    role = f"arn:aws:iam::{account.place['account']}:role/conformance"
    entry = {"clusterName": name, "principalArn": role}
    call("eks", "CreateAccessEntry", **entry, kubernetesGroups=["viewers"], username="conformance", type="STANDARD", tags={"made": "here"}, clientRequestToken="conformance")
    refused("ResourceInUseException", "eks", "CreateAccessEntry", **entry)
    call("eks", "DescribeAccessEntry", **entry)
    refused("ResourceNotFoundException", "eks", "DescribeAccessEntry", clusterName=name, principalArn=f"{role}-missing")
    entries = call("eks", "ListAccessEntries", clusterName=name, maxResults=1)
    call("eks", "ListAccessEntries", clusterName=name, nextToken=entries["nextToken"])
    refused("ResourceNotFoundException", "eks", "ListAccessEntries", clusterName="missing")



def ec2_launch_templates(account, template: str) -> None:
    call, refused = account.call, account.refused
    templates = call("ec2", "DescribeLaunchTemplates", MaxResults=5)
    if "NextToken" in templates:
        call("ec2", "DescribeLaunchTemplates", MaxResults=5, NextToken=templates["NextToken"])
    refused("InvalidParameterValue", "ec2", "DescribeLaunchTemplates", MaxResults=5, NextToken="none")
    [named] = call("ec2", "DescribeLaunchTemplates", LaunchTemplateIds=[template])["LaunchTemplates"]
    call("ec2", "DescribeLaunchTemplates", Filters=[{"Name": "launch-template-name", "Values": [named["LaunchTemplateName"]]}])
    refused("InvalidLaunchTemplateId.NotFound", "ec2", "DescribeLaunchTemplates", LaunchTemplateIds=["lt-0123456789abcdef0"])
    data = {"ImageId": "ami-0fedcba9876543210", "UserData": "IyEvYmluL3NoCg==", "BlockDeviceMappings": [{"DeviceName": "/dev/xvdb", "Ebs": {"SnapshotId": "snap-0123456789abcdef0", "VolumeSize": 8}}]}
    made = {"LaunchTemplateId": template, "SourceVersion": "1", "VersionDescription": "conformance", "ClientToken": "conformance"}
    call("ec2", "CreateLaunchTemplateVersion", **made, LaunchTemplateData=data)
    refused("IdempotentParameterMismatch", "ec2", "CreateLaunchTemplateVersion", **made, LaunchTemplateData={"ImageId": "ami-0fedcba9876543211"})
    refused("InvalidLaunchTemplateId.NotFound", "ec2", "CreateLaunchTemplateVersion", LaunchTemplateId="lt-0123456789abcdef0", LaunchTemplateData=data)


def ec2_reads(account) -> None:
    call, refused = account.call, account.refused
    page = call("ec2", "DescribeInstances", MaxResults=5, IncludeManagedResources=True)
    call("ec2", "DescribeInstances", MaxResults=5, NextToken=page["NextToken"])
    instance = account.place["instance"]
    [reservation] = call("ec2", "DescribeInstances", InstanceIds=[instance])["Reservations"]
    [described] = reservation["Instances"]
    call("ec2", "DescribeInstances", Filters=[{"Name": "tag:eks:cluster-name", "Values": ["private", "no*"]}])
    for known in ("network-interface.addresses.association.public-ip", "network-interface.ipv6-addresses.ipv6-address"):
        call("ec2", "DescribeInstances", Filters=[{"Name": known, "Values": ["*"]}])
    refused("InvalidInstanceID.NotFound", "ec2", "DescribeInstances", InstanceIds=["i-0123456789abcdef0"])
    refused("InvalidInstanceID.Malformed", "ec2", "DescribeInstances", InstanceIds=["web-1"])
    refused("InvalidParameterValue", "ec2", "DescribeInstances", Filters=[{"Name": "nothing", "Values": ["x"]}])
    refused("FilterLimitExceeded", "ec2", "DescribeInstances", Filters=[{"Name": "vpc-id", "Values": [f"vpc-{n}" for n in range(201)]}])
    of_instances = {"Name": "resource-type", "Values": ["instance"]}
    tags = call("ec2", "DescribeTags", MaxResults=5, Filters=[of_instances, {"Name": "key", "Values": ["eks:*"]}])
    call("ec2", "DescribeTags", MaxResults=5, NextToken=tags["NextToken"], Filters=[of_instances, {"Name": "key", "Values": ["eks:*"]}])
    call("ec2", "DescribeTags", Filters=[of_instances, {"Name": "value", "Values": ["private"]}, {"Name": "resource-id", "Values": [instance]}])
    refused("InvalidParameterValue", "ec2", "DescribeTags", Filters=[of_instances, {"Name": "nothing", "Values": ["x"]}])
    refused("InvalidParameterValue", "ec2", "DescribeTags", Filters=[of_instances], MaxResults=5, NextToken="none")
    template = {tag["Key"]: tag["Value"] for tag in described["Tags"]}
    version = {"LaunchTemplateId": template["aws:ec2launchtemplate:id"], "Versions": [template["aws:ec2launchtemplate:version"]]}
    call("ec2", "DescribeLaunchTemplateVersions", **version)
    refused("InvalidLaunchTemplateId.NotFound", "ec2", "DescribeLaunchTemplateVersions", LaunchTemplateId="lt-0123456789abcdef0", Versions=["1"])
    ec2_launch_templates(account, version["LaunchTemplateId"])
    carried = call("ec2", "DescribeTrunkInterfaceAssociations", MaxResults=5)
    if "NextToken" in carried:
        call("ec2", "DescribeTrunkInterfaceAssociations", MaxResults=5, NextToken=carried["NextToken"])
    refused("InvalidParameterValue", "ec2", "DescribeTrunkInterfaceAssociations", MaxResults=5, NextToken="none")
    call("ec2", "DescribeVpcAttribute", VpcId=described["VpcId"], Attribute="enableDnsSupport")
    refused("InvalidVpcID.NotFound", "ec2", "DescribeVpcAttribute", VpcId="vpc-0123456789abcdef0", Attribute="enableDnsSupport")
    call("ec2", "DescribeInstanceAttribute", InstanceId=instance, Attribute="disableApiTermination")
    refused("InvalidInstanceID.NotFound", "ec2", "DescribeInstanceAttribute", InstanceId="i-0123456789abcdef0", Attribute="disableApiTermination")
    images = call("ec2", "DescribeImages", ImageIds=[described["ImageId"]], IncludeDeprecated=True, IncludeDisabled=True)["Images"]
    call("ec2", "DescribeImages", Owners=["amazon"], Filters=[{"Name": "image-id", "Values": [images[0]["ImageId"]]}])
    pages = call("ec2", "DescribeImages", Owners=["amazon", "self"], MaxResults=5)
    if "NextToken" in pages:
        call("ec2", "DescribeImages", Owners=["amazon", "self"], MaxResults=5, NextToken=pages["NextToken"])
    # The fleet may have too few AMIs for a second page.
    refused("InvalidParameterValue", "ec2", "DescribeImages", Owners=["self"], MaxResults=5, NextToken="none")
    refused("InvalidAMIID.NotFound", "ec2", "DescribeImages", ImageIds=["ami-0fedcba9876543210"])
    for operation, ids, answered, missing, code in [
        ("DescribeRouteTables", "RouteTableIds", "RouteTables", "rtb-0123456789abcdef0", "InvalidRouteTableID.NotFound"),
        ("DescribeNetworkAcls", "NetworkAclIds", "NetworkAcls", "acl-0123456789abcdef0", "InvalidNetworkAclID.NotFound"),
        ("DescribeManagedPrefixLists", "PrefixListIds", "PrefixLists", "pl-0123456789abcdef0", "InvalidPrefixListID.NotFound"),
        ("DescribeVpcEndpoints", "VpcEndpointIds", "VpcEndpoints", "vpce-0123456789abcdef0", "InvalidVpcEndpointId.NotFound"),
        ("DescribeVpcs", "VpcIds", "Vpcs", "vpc-0123456789abcdef0", "InvalidVpcID.NotFound"),
        ("DescribeDhcpOptions", "DhcpOptionsIds", "DhcpOptions", "dopt-0123456789abcdef0", "InvalidDhcpOptionID.NotFound"),
        ("DescribeInstanceConnectEndpoints", "InstanceConnectEndpointIds", "InstanceConnectEndpoints", "eice-0123456789abcdef0", "InvalidInstanceConnectEndpointId.NotFound"),
        ("DescribeSubnets", "SubnetIds", "Subnets", "subnet-0123456789abcdef0", "InvalidSubnetID.NotFound"),
        ("DescribeNetworkInterfaces", "NetworkInterfaceIds", "NetworkInterfaces", "eni-0123456789abcdef0", "InvalidNetworkInterfaceID.NotFound"),
        ("DescribeSecurityGroups", "GroupIds", "SecurityGroups", "sg-0123456789abcdef0", "InvalidGroup.NotFound"),
        ("DescribeSecurityGroupRules", "SecurityGroupRuleIds", "SecurityGroupRules", "sgr-0123456789abcdef0", "InvalidSecurityGroupRuleId.NotFound"),
    ]:
        found = call("ec2", operation, MaxResults=5)
        if "NextToken" in found:
            call("ec2", operation, MaxResults=5, NextToken=found["NextToken"])
        [first, *_] = found[answered]
        call("ec2", operation, **{ids: [first[ids[:-1] if operation != "DescribeSecurityGroups" else "GroupId"]]})
        refused(code, "ec2", operation, **{ids: [missing]})
        refused("InvalidParameterValue", "ec2", operation, NextToken="none", MaxResults=5)
        refused("InvalidParameterValue", "ec2", operation, Filters=[{"Name": "nothing", "Values": ["x"]}])
    gateways = call("ec2", "DescribeNatGateways", MaxResults=5)
    if "NextToken" in gateways:
        call("ec2", "DescribeNatGateways", MaxResults=5, NextToken=gateways["NextToken"])
    call("ec2", "DescribeNatGateways", Filter=[{"Name": "nat-gateway-id", "Values": [gateways["NatGateways"][0]["NatGatewayId"]]}])
    refused("InvalidParameterValue", "ec2", "DescribeNatGateways", NextToken="none", MaxResults=5)
    refused("InvalidParameterValue", "ec2", "DescribeNatGateways", Filter=[{"Name": "nothing", "Values": ["x"]}])
    call("ec2", "DescribeNetworkInterfaces", IncludeManagedResources=True, Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])
    [prefixes, *_] = call("ec2", "DescribeManagedPrefixLists")["PrefixLists"]
    entries = call("ec2", "GetManagedPrefixListEntries", PrefixListId=prefixes["PrefixListId"], MaxResults=5)
    call("ec2", "DescribeRouteTables", Filters=[{"Name": "route.destination-prefix-list-id", "Values": [prefixes["PrefixListId"]]}])
    call("ec2", "DescribeSecurityGroups", Filters=[{"Name": "ip-permission.prefix-list-id", "Values": [prefixes["PrefixListId"]]}])
    if "NextToken" in entries:
        call("ec2", "GetManagedPrefixListEntries", PrefixListId=prefixes["PrefixListId"], NextToken=entries["NextToken"])
    refused("InvalidPrefixListID.NotFound", "ec2", "GetManagedPrefixListEntries", PrefixListId="pl-0123456789abcdef0")
    refused("InvalidParameterValue", "ec2", "GetManagedPrefixListEntries", PrefixListId=prefixes["PrefixListId"], NextToken="none")
    status = call("ec2", "DescribeInstanceStatus", MaxResults=5)
    call("ec2", "DescribeInstanceStatus", MaxResults=5, NextToken=status["NextToken"])
    call("ec2", "DescribeInstanceStatus", Filters=[{"Name": "event.code", "Values": ["instance-retirement", "instance-stop"]}])
    call("ec2", "DescribeInstanceStatus", InstanceIds=[instance], IncludeAllInstances=True)
    refused("InvalidParameterCombination", "ec2", "DescribeInstanceStatus", InstanceIds=[instance], MaxResults=5)
    refused("InvalidParameterValue", "ec2", "DescribeInstanceStatus", Filters=[{"Name": "nothing", "Values": ["x"]}])
    seen = call("ec2", "DescribeInstanceImageMetadata", MaxResults=5)
    call("ec2", "DescribeInstanceImageMetadata", MaxResults=5, NextToken=seen["NextToken"])
    call("ec2", "DescribeInstanceImageMetadata", Filters=[{"Name": "instance-id", "Values": [instance]}])
    refused("InvalidParameterValue", "ec2", "DescribeInstanceImageMetadata", Filters=[{"Name": "nothing", "Values": ["x"]}])
    offered = call("ec2", "DescribeInstanceTypeOfferings", LocationType="availability-zone", MaxResults=5)
    call("ec2", "DescribeInstanceTypeOfferings", LocationType="availability-zone", MaxResults=5, NextToken=offered["NextToken"])
    zone = offered["InstanceTypeOfferings"][0]["Location"]
    call("ec2", "DescribeInstanceTypeOfferings", LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": ["m6i.large"]}, {"Name": "location", "Values": [zone]}])
    refused("InvalidParameterValue", "ec2", "DescribeInstanceTypeOfferings", LocationType="availability-zone", Filters=[{"Name": "nothing", "Values": ["x"]}])
    types = call("ec2", "DescribeInstanceTypes", MaxResults=5)
    call("ec2", "DescribeInstanceTypes", MaxResults=5, NextToken=types["NextToken"])
    call("ec2", "DescribeInstanceTypes", Filters=[{"Name": "instance-type", "Values": ["m6i.large", "c7g.medium"]}])
    refused("InvalidParameterValue", "ec2", "DescribeInstanceTypes", Filters=[{"Name": "nothing", "Values": ["x"]}])
    call("ec2", "DescribeAddresses", Filters=[{"Name": "instance-id", "Values": ["i-*"]}])
    volumes = call("ec2", "DescribeVolumes", MaxResults=5)
    if "NextToken" in volumes:
        call("ec2", "DescribeVolumes", MaxResults=5, NextToken=volumes["NextToken"])
    call("ec2", "DescribeVolumes", VolumeIds=[volumes["Volumes"][0]["VolumeId"]])
    call("ec2", "DescribeVolumes", Filters=[{"Name": "attachment.instance-id", "Values": [instance]}])
    refused("InvalidVolume.NotFound", "ec2", "DescribeVolumes", VolumeIds=["vol-0123456789abcdef0"])
    refused("InvalidParameterValue", "ec2", "DescribeVolumes", NextToken="none", MaxResults=5)
    call("ec2", "GetEbsEncryptionByDefault")
    refused("DryRunOperation", "ec2", "GetEbsEncryptionByDefault", DryRun=True)
    refused("InvalidAllocationID.NotFound", "ec2", "DescribeAddresses", AllocationIds=["eipalloc-0123456789abcdef0"])


def ec2_changes(account) -> None:
    call, refused = account.call, account.refused
    instance = account.place["instance"]
    [reservation] = call("ec2", "DescribeInstances", InstanceIds=[instance])["Reservations"]
    [described] = reservation["Instances"]
    [interface, *_] = described["NetworkInterfaces"]
    eni, groups = interface["NetworkInterfaceId"], [group["GroupId"] for group in interface["Groups"]]
    tagged = [{"ResourceType": "security-group", "Tags": [{"Key": "made", "Value": "here"}]}]
    made = call("ec2", "CreateSecurityGroup", GroupName="conformance", Description="Made here.", VpcId=described["VpcId"], TagSpecifications=tagged)
    refused("DryRunOperation", "ec2", "CreateSecurityGroup", GroupName="dry", Description="Never made.", VpcId=described["VpcId"], DryRun=True)
    spare = call("ec2", "CreateSecurityGroup", GroupName="spare", Description="Deleted again.", VpcId=described["VpcId"])["GroupId"]
    call("ec2", "DeleteSecurityGroup", GroupId=spare)
    refused("InvalidGroup.NotFound", "ec2", "DeleteSecurityGroup", GroupId=spare)
    refused("DependencyViolation", "ec2", "DeleteSecurityGroup", GroupId=groups[0])
    refused("InvalidGroup.Duplicate", "ec2", "CreateSecurityGroup", GroupName="conformance", Description="Made here.", VpcId=described["VpcId"])
    refused("MissingParameter", "ec2", "CreateSecurityGroup", malformed=True, Description="Without a name.")
    group = made["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "within"}]}
    six = {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
    from_group = {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "UserIdGroupPairs": [{"GroupId": group}]}
    for way in ("Ingress", "Egress"):
        opened = call("ec2", f"AuthorizeSecurityGroup{way}", GroupId=group, IpPermissions=[rule, six, from_group])
        refused("InvalidPermission.Duplicate", "ec2", f"AuthorizeSecurityGroup{way}", GroupId=group, IpPermissions=[rule])
        refused("InvalidGroup.NotFound", "ec2", f"AuthorizeSecurityGroup{way}", GroupId="sg-0123456789abcdef0", IpPermissions=[rule])
        call("ec2", "DescribeSecurityGroupRules", Filters=[{"Name": "group-id", "Values": [group]}])
        call("ec2", "DescribeSecurityGroups", Filters=[{"Name": "group-id", "Values": [group]}])
        [tcp, *_] = [one["SecurityGroupRuleId"] for one in opened["SecurityGroupRules"] if one["IpProtocol"] != "icmp"]
        other = {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "CidrIpv4": "10.9.0.0/16", "Description": "Modified."}
        modified = {"GroupId": group, "SecurityGroupRules": [{"SecurityGroupRuleId": tcp, "SecurityGroupRule": other}]}
        refused("DryRunOperation", "ec2", "ModifySecurityGroupRules", **modified, DryRun=True)
        call("ec2", "ModifySecurityGroupRules", **modified)
        refused("InvalidGroup.NotFound", "ec2", "ModifySecurityGroupRules", **{**modified, "GroupId": "sg-0123456789abcdef0"})
        call("ec2", f"RevokeSecurityGroup{way}", GroupId=group, SecurityGroupRuleIds=[tcp])
        call("ec2", f"AuthorizeSecurityGroup{way}", GroupId=group, IpPermissions=[rule])
        call("ec2", f"RevokeSecurityGroup{way}", GroupId=group, IpPermissions=[rule])
        [rule_id, *_] = [one["SecurityGroupRuleId"] for one in opened["SecurityGroupRules"] if one["IpProtocol"] == "icmp"]
        call("ec2", f"RevokeSecurityGroup{way}", GroupId=group, SecurityGroupRuleIds=[rule_id])
        refused("InvalidGroup.NotFound", "ec2", f"RevokeSecurityGroup{way}", GroupId="sg-0123456789abcdef0", IpPermissions=[rule])
    call("ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni, Groups=[*groups, group])
    call("ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni, Groups=groups)
    call("ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni, AssociatePublicIpAddress=False)
    refused("InvalidGroup.NotFound", "ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId=eni, Groups=["sg-0123456789abcdef0"])
    refused("InvalidNetworkInterfaceID.NotFound", "ec2", "ModifyNetworkInterfaceAttribute", NetworkInterfaceId="eni-0123456789abcdef0", Groups=[group])
    addresses(account)
    call("ec2", "ModifySubnetAttribute", SubnetId=described["SubnetId"], MapPublicIpOnLaunch={"Value": False})
    refused("InvalidSubnetID.NotFound", "ec2", "ModifySubnetAttribute", SubnetId="subnet-0123456789abcdef0", MapPublicIpOnLaunch={"Value": True})
    call("ec2", "ModifySubnetAttribute", SubnetId=described["SubnetId"], AssignIpv6AddressOnCreation={"Value": False})
    call("ec2", "ModifyInstanceMetadataOptions", InstanceId=instance, HttpTokens="required", HttpEndpoint="enabled")
    refused("InvalidInstanceID.NotFound", "ec2", "ModifyInstanceMetadataOptions", InstanceId="i-0123456789abcdef0", HttpTokens="required", HttpEndpoint="enabled")
    refused("InvalidParameterCombination", "ec2", "ModifyInstanceMetadataOptions", InstanceId=instance, HttpTokens="required")
    call("ec2", "CreateTags", Resources=[instance], Tags=[{"Key": "made", "Value": "here"}])
    refused("InvalidInstanceID.NotFound", "ec2", "CreateTags", Resources=["i-0123456789abcdef0"], Tags=[{"Key": "made", "Value": "here"}])
    refused("InvalidParameterValue", "ec2", "CreateTags", Resources=[instance], Tags=[{"Key": "aws:made", "Value": "here"}])
    call("ec2", "DeleteTags", Resources=[instance], Tags=[{"Key": "made"}])
    refused("InvalidInstanceID.NotFound", "ec2", "DeleteTags", Resources=["i-0123456789abcdef0"], Tags=[{"Key": "made"}])
    snapshots = [{"ResourceType": "snapshot", "Tags": [{"Key": "made", "Value": "here"}]}]
    taken = call("ec2", "CreateSnapshots", InstanceSpecification={"InstanceId": instance}, Description="Made here.", TagSpecifications=snapshots)
    refused("SnapshotCreationPerVolumeRateExceeded", "ec2", "CreateSnapshots", InstanceSpecification={"InstanceId": instance})
    refused("InvalidInstanceID.NotFound", "ec2", "CreateSnapshots", InstanceSpecification={"InstanceId": "i-0123456789abcdef0"})
    call("ec2", "DescribeSnapshots", SnapshotIds=[taken["Snapshots"][0]["SnapshotId"]])
    found = call("ec2", "DescribeSnapshots", OwnerIds=["self"], MaxResults=5, Filters=[{"Name": "tag:made", "Values": ["here"]}])
    if "NextToken" in found:
        call("ec2", "DescribeSnapshots", MaxResults=5, NextToken=found["NextToken"])
    refused("InvalidSnapshot.NotFound", "ec2", "DescribeSnapshots", SnapshotIds=["snap-0123456789abcdef0"])
    refused("InvalidParameterValue", "ec2", "DescribeSnapshots", NextToken="none", MaxResults=5)
    call("ec2", "ModifyInstanceAttribute", InstanceId=instance, DisableApiTermination={"Value": True})
    refused("OperationNotPermitted", "ec2", "TerminateInstances", InstanceIds=[instance])
    refused("InvalidInstanceID.NotFound", "ec2", "ModifyInstanceAttribute", InstanceId="i-0123456789abcdef0", DisableApiTermination={"Value": True})
    call("ec2", "ModifyInstanceAttribute", InstanceId=instance, DisableApiTermination={"Value": False})


def addresses(account) -> None:
    """Calls about Elastic IPs and IPv6 addresses, on instances that have some."""
    call, refused = account.call, account.refused
    [elastic, *_] = [one for one in call("ec2", "DescribeAddresses")["Addresses"] if "AssociationId" in one]
    call("ec2", "DescribeAddresses", AllocationIds=[elastic["AllocationId"]])
    call("ec2", "DisassociateAddress", AssociationId=elastic["AssociationId"])
    refused("InvalidAssociationID.NotFound", "ec2", "DisassociateAddress", AssociationId=elastic["AssociationId"])
    place = {"NetworkInterfaceId": elastic["NetworkInterfaceId"], "PrivateIpAddress": elastic["PrivateIpAddress"]}
    call("ec2", "AssociateAddress", AllocationId=elastic["AllocationId"], AllowReassociation=False, **place)
    refused("InvalidAllocationID.NotFound", "ec2", "AssociateAddress", AllocationId="eipalloc-0123456789abcdef0", **place)
    interfaces = call("ec2", "DescribeNetworkInterfaces")["NetworkInterfaces"]
    [with_six, *_] = [one for one in interfaces if one["Ipv6Addresses"]]
    six = {"NetworkInterfaceId": with_six["NetworkInterfaceId"]}
    [address, *_] = [one["Ipv6Address"] for one in with_six["Ipv6Addresses"]]
    call("ec2", "UnassignIpv6Addresses", **six, Ipv6Addresses=[address])
    refused("InvalidParameterValue", "ec2", "UnassignIpv6Addresses", **six, Ipv6Addresses=[address])
    call("ec2", "AssignIpv6Addresses", **six, Ipv6Addresses=[address])
    call("ec2", "AssignIpv6Addresses", **six, Ipv6AddressCount=1)
    # A prefix for pods is a /80 of the subnet's /64 that contains none of the addresses.
    [_, prefix, *_] = islice(ip_network(f"{address}/64", strict=False).subnets(new_prefix=80), 0x7000, 0x7002)
    call("ec2", "AssignIpv6Addresses", **six, Ipv6Prefixes=[str(prefix)])
    call("ec2", "UnassignIpv6Addresses", **six, Ipv6Prefixes=[str(prefix)])
    refused("InvalidNetworkInterfaceID.NotFound", "ec2", "AssignIpv6Addresses", NetworkInterfaceId="eni-0123456789abcdef0", Ipv6AddressCount=1)


def autoscaling(account) -> None:
    call, refused = account.call, account.refused
    found = call("autoscaling", "DescribeAutoScalingGroups", MaxRecords=1)
    call("autoscaling", "DescribeAutoScalingGroups", MaxRecords=1, NextToken=found["NextToken"])
    call("autoscaling", "DescribeAutoScalingGroups", Filters=[{"Name": "tag:eks:cluster-name", "Values": ["private"]}], IncludeInstances=False)
    refused("InvalidNextToken", "autoscaling", "DescribeAutoScalingGroups", NextToken="none")
    configurations = call("autoscaling", "DescribeLaunchConfigurations", MaxRecords=1)
    if "NextToken" in configurations:
        call("autoscaling", "DescribeLaunchConfigurations", MaxRecords=1, NextToken=configurations["NextToken"])
    call("autoscaling", "DescribeLaunchConfigurations", LaunchConfigurationNames=["missing"])
    refused("InvalidNextToken", "autoscaling", "DescribeLaunchConfigurations", NextToken="none")
    call("autoscaling", "DescribeScalingActivities", MaxRecords=1, IncludeDeletedGroups=False)
    refused("InvalidNextToken", "autoscaling", "DescribeScalingActivities", NextToken="none")
    members = call("autoscaling", "DescribeAutoScalingInstances", MaxRecords=1)
    call("autoscaling", "DescribeAutoScalingInstances", MaxRecords=1, NextToken=members["NextToken"])
    refused("InvalidNextToken", "autoscaling", "DescribeAutoScalingInstances", NextToken="none")
    instance = account.place["instance"]
    [member] = call("autoscaling", "DescribeAutoScalingInstances", InstanceIds=[instance])["AutoScalingInstances"]
    group = {"AutoScalingGroupName": member["AutoScalingGroupName"]}
    call("autoscaling", "DescribeAutoScalingGroups", AutoScalingGroupNames=[member["AutoScalingGroupName"]])
    call("autoscaling", "EnterStandby", **group, InstanceIds=[instance], ShouldDecrementDesiredCapacity=False)
    found = call("autoscaling", "DescribeScalingActivities", MaxRecords=1)
    call("autoscaling", "DescribeScalingActivities", MaxRecords=1, NextToken=found["NextToken"])
    activities = call("autoscaling", "DescribeScalingActivities", **group, MaxRecords=1)["Activities"]
    call("autoscaling", "DescribeScalingActivities", ActivityIds=[activities[0]["ActivityId"]])
    refused("ValidationError", "autoscaling", "DetachInstances", **group, InstanceIds=["i-0123456789abcdef0"], ShouldDecrementDesiredCapacity=False)
    refused("ValidationError", "autoscaling", "EnterStandby", **group, InstanceIds=["i-0123456789abcdef0"], ShouldDecrementDesiredCapacity=False)
    refused("ValidationError", "autoscaling", "ExitStandby", AutoScalingGroupName="missing", InstanceIds=[instance])
    # Only groups that EKS does not manage have instance refreshes.
    unmanaged = unmanaged_group(account)
    group = {"AutoScalingGroupName": unmanaged["AutoScalingGroupName"]}
    call("autoscaling", "DescribeLifecycleHooks", **group)
    call("autoscaling", "DescribeLifecycleHooks", **group, LifecycleHookNames=["none"])
    hook = {**group, "LifecycleHookName": "drain"}
    terminating = "autoscaling:EC2_INSTANCE_TERMINATING"
    call("autoscaling", "PutLifecycleHook", **hook, LifecycleTransition=terminating, HeartbeatTimeout=600, DefaultResult="ABANDON", NotificationMetadata="x")
    refused("ValidationError", "autoscaling", "PutLifecycleHook", **hook, LifecycleTransition=terminating, HeartbeatTimeout=10)
    template = {"LaunchTemplateId": unmanaged["LaunchTemplate"]["LaunchTemplateId"], "Version": unmanaged["LaunchTemplate"]["Version"]}
    retain = {"RetentionTriggers": {"TerminateHookAbandon": "retain"}}
    call("autoscaling", "UpdateAutoScalingGroup", **group, LaunchTemplate=template, InstanceLifecyclePolicy=retain)
    refused("ValidationError", "autoscaling", "UpdateAutoScalingGroup", AutoScalingGroupName="missing")
    [waiting, *_] = [member["InstanceId"] for member in unmanaged["Instances"]]
    call("autoscaling", "TerminateInstanceInAutoScalingGroup", InstanceId=waiting, ShouldDecrementDesiredCapacity=False)
    refused("ValidationError", "autoscaling", "TerminateInstanceInAutoScalingGroup", InstanceId="i-0123456789abcdef0", ShouldDecrementDesiredCapacity=False)
    call("autoscaling", "RecordLifecycleActionHeartbeat", **hook, InstanceId=waiting)
    call("autoscaling", "CompleteLifecycleAction", **hook, InstanceId=waiting, LifecycleActionResult="CONTINUE")
    token = {"LifecycleActionToken": "0b7c1d9e-3f52-4a68-9e07-5d1c2b3a4f60"}
    refused("ValidationError", "autoscaling", "RecordLifecycleActionHeartbeat", **hook, **token)
    refused("ValidationError", "autoscaling", "CompleteLifecycleAction", **hook, **token, LifecycleActionResult="CONTINUE")
    call("autoscaling", "UpdateAutoScalingGroup", **group, InstanceLifecyclePolicy={"RetentionTriggers": {"TerminateHookAbandon": "terminate"}})
    call("autoscaling", "DeleteLifecycleHook", **hook)
    refused("ValidationError", "autoscaling", "DeleteLifecycleHook", **hook)
    refused("ValidationError", "autoscaling", "DescribeLifecycleHooks", AutoScalingGroupName="missing")
    call("autoscaling", "DescribeWarmPool", **group)
    refused("ValidationError", "autoscaling", "DescribeWarmPool", AutoScalingGroupName="missing")
    refused("ValidationError", "autoscaling", "DeleteWarmPool", **group)
    refused("ValidationError", "autoscaling", "PutWarmPool", AutoScalingGroupName="missing", MinSize=1)
    reuse = {"InstanceReusePolicy": {"ReuseOnScaleIn": True}}
    call("autoscaling", "PutWarmPool", **group, MinSize=2, MaxGroupPreparedCapacity=2, PoolState="Stopped", **reuse)
    call("autoscaling", "DescribeWarmPool", **group, MaxRecords=50)
    refused("InvalidNextToken", "autoscaling", "DescribeWarmPool", **group, NextToken="none")
    refused("ActiveInstanceRefreshNotFound", "autoscaling", "CancelInstanceRefresh", **group)
    refused("ActiveInstanceRefreshNotFound", "autoscaling", "RollbackInstanceRefresh", **group)
    refused("ValidationError", "autoscaling", "StartInstanceRefresh", AutoScalingGroupName="missing")
    watching = {"AlarmSpecification": {"Alarms": ["missing"]}}
    refused("ValidationError", "autoscaling", "StartInstanceRefresh", **group, Preferences=watching)
    preferences = {
        "MinHealthyPercentage": 100,
        "MaxHealthyPercentage": 110,
        "InstanceWarmup": 300,
        "CheckpointPercentages": [50, 100],
        "CheckpointDelay": 60,
        "AutoRollback": True,
        "ScaleInProtectedInstances": "Ignore",
        "StandbyInstances": "Ignore",
        "BakeTime": 60,
        "SkipMatching": False,
    }
    desired = refresh_to(unmanaged)
    started = call("autoscaling", "StartInstanceRefresh", **group, Strategy="Rolling", **desired, Preferences=preferences)
    refused("InstanceRefreshInProgress", "autoscaling", "StartInstanceRefresh", **group, **desired)
    call("autoscaling", "DescribeInstanceRefreshes", **group)
    call("autoscaling", "DescribeInstanceRefreshes", **group, InstanceRefreshIds=[started["InstanceRefreshId"]], MaxRecords=1)
    refused("InvalidNextToken", "autoscaling", "DescribeInstanceRefreshes", **group, NextToken="none")
    call("autoscaling", "CancelInstanceRefresh", **group)


def unmanaged_group(account) -> dict:
    """A group that EKS does not manage."""
    [unmanaged, *_] = [
        each
        for each in account.call("autoscaling", "DescribeAutoScalingGroups")["AutoScalingGroups"]
        if not any(tag["Key"] == "eks:nodegroup-name" for tag in each["Tags"])
    ]
    return unmanaged


def refresh_to(group) -> dict:
    """The desired configuration that the group already has."""
    template = group["LaunchTemplate"]
    return {"DesiredConfiguration": {"LaunchTemplate": {"LaunchTemplateId": template["LaunchTemplateId"], "Version": template["Version"]}}}


def autoscaling_end(account) -> None:
    """Calls that are possible only once the instance is in standby."""
    [member] = account.call("autoscaling", "DescribeAutoScalingInstances", InstanceIds=[account.place["instance"]])["AutoScalingInstances"]
    account.call("autoscaling", "ExitStandby", AutoScalingGroupName=member["AutoScalingGroupName"], InstanceIds=[account.place["instance"]])
    [other, *_] = [
        each["InstanceId"]
        for each in account.call("autoscaling", "DescribeAutoScalingInstances")["AutoScalingInstances"]
        if each["AutoScalingGroupName"] == member["AutoScalingGroupName"] and each["LifecycleState"] == "InService"
    ]
    account.call("autoscaling", "DetachInstances", AutoScalingGroupName=member["AutoScalingGroupName"], InstanceIds=[other], ShouldDecrementDesiredCapacity=False)
    unmanaged = unmanaged_group(account)
    group = {"AutoScalingGroupName": unmanaged["AutoScalingGroupName"]}
    pooled = account.call("autoscaling", "DescribeWarmPool", **group, MaxRecords=1)
    account.call("autoscaling", "DescribeWarmPool", **group, MaxRecords=1, NextToken=pooled["NextToken"])
    account.call("autoscaling", "DeleteWarmPool", **group, ForceDelete=True)
    account.call("autoscaling", "StartInstanceRefresh", **group, **refresh_to(unmanaged))
    found = account.call("autoscaling", "DescribeInstanceRefreshes", **group, MaxRecords=1)
    account.call("autoscaling", "DescribeInstanceRefreshes", **group, MaxRecords=1, NextToken=found["NextToken"])
    account.call("autoscaling", "RollbackInstanceRefresh", **group)
    account.call("ec2", "TerminateInstances", InstanceIds=[account.place["instance"]])
    account.refused("InvalidInstanceID.NotFound", "ec2", "TerminateInstances", InstanceIds=["i-0123456789abcdef0"])


def load_balancing(account) -> None:
    call, refused = account.call, account.refused
    service = "elasticloadbalancing"
    found = call(service, "DescribeTargetGroups", PageSize=1)
    call(service, "DescribeTargetGroups", PageSize=1, Marker=found["NextMarker"])
    groups = call(service, "DescribeTargetGroups")["TargetGroups"]
    [group, *_] = [one for one in groups if one["TargetType"] == "instance"]
    arn = group["TargetGroupArn"]
    call(service, "DescribeTargetGroups", TargetGroupArns=[arn])
    call(service, "DescribeTargetGroups", Names=[group["TargetGroupName"]])
    call(service, "DescribeTargetGroups", LoadBalancerArn=group["LoadBalancerArns"][0])
    missing = arn[:-16] + "0123456789abcdef"
    refused("TargetGroupNotFound", service, "DescribeTargetGroups", TargetGroupArns=[missing])
    [health, *_] = call(service, "DescribeTargetHealth", TargetGroupArn=arn)["TargetHealthDescriptions"]
    target = health["Target"]
    call(service, "DescribeTargetHealth", TargetGroupArn=arn, Targets=[target])
    refused("TargetGroupNotFound", service, "DescribeTargetHealth", TargetGroupArn=missing)
    call(service, "DeregisterTargets", TargetGroupArn=arn, Targets=[target])
    call(service, "DescribeTargetHealth", TargetGroupArn=arn, Targets=[target])
    refused("TargetGroupNotFound", service, "DeregisterTargets", TargetGroupArn=missing, Targets=[target])
    call(service, "RegisterTargets", TargetGroupArn=arn, Targets=[target])
    refused("InvalidTarget", service, "RegisterTargets", TargetGroupArn=arn, Targets=[{"Id": "i-0123456789abcdef0"}])
    refused("TargetGroupNotFound", service, "RegisterTargets", TargetGroupArn=missing, Targets=[target])


HOSTS = [eks, ec2_reads, ec2_changes, load_balancing, autoscaling]
# These calls come after time has passed.
HOSTS_LATER = [autoscaling_end]
