import { createAutoScaling } from '../account/auto-scaling/auto-scaling.ts';
import { createEc2 } from '../account/ec2/ec2.ts';
import { createEks } from '../account/eks/eks.ts';
import { createElasticLoadBalancing } from '../account/elastic-load-balancing/elastic-load-balancing.ts';
import { createIam } from '../account/iam/iam.ts';
import { createInspector } from '../account/inspector/inspector.ts';
import type { Caller, Permission, Service } from '../account/service.ts';
import { createSsm } from '../account/ssm/ssm.ts';
import { createSts } from '../account/sts/sts.ts';
import type { FleetState } from './state.ts';

/** The services on that state: EKS, EC2, Auto Scaling, load balancing, IAM, SSM, STS, Inspector. */
export function fleetServices(
  state: FleetState,
  isAllowed: (caller: Caller, permission: Permission) => boolean = () => true,
): Service[] {
  const { world, eks, nodeGroupUpdates, accessEntries, instances, iam } = state;
  const services = [
    createEks(world, eks, nodeGroupUpdates, accessEntries, isAllowed),
    createEc2(state),
    createAutoScaling(world, state.autoScalingGroups),
    createElasticLoadBalancing(world, state.targetGroups),
    createIam(iam),
    createSsm(world, instances, state),
    createSts(world),
    createInspector(world, state.inspector, instances),
  ];
  const { consistency, sparsePages } = state;
  return services.map((service) => {
    const consistent = consistency?.around(service) ?? service;
    return sparsePages?.around(consistent) ?? consistent;
  });
}
