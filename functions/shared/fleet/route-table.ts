import type { RouteTable } from '@aws-sdk/client-ec2';

/** The route table of a subnet: its own, or else the main one of its VPC. */
export function routeTableOf(subnetId: string, vpcId: string, tables: readonly RouteTable[]): RouteTable | undefined {
  const ofVpc = tables.filter((table) => table.VpcId === vpcId);
  return (
    ofVpc.find(({ Associations = [] }) => Associations.some(({ SubnetId }) => SubnetId === subnetId)) ??
    ofVpc.find(({ Associations = [] }) => Associations.some(({ Main }) => Main === true))
  );
}
