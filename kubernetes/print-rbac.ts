import { dumpYaml } from '@kubernetes/client-node';
import { enter, takeNone } from '../cli/entry.ts';
import { rbacManifest } from './rbac.ts';

const EVICTIONS = '--evictions';
const DRAINS = '--drains';
const NODE_CLASSES = '--node-classes';
const OPTIONS = [EVICTIONS, DRAINS, NODE_CLASSES];
const USAGE = `Usage: npm run -s rbac [-- ${OPTIONS.join(' ')}] | kubectl apply -f -

Prints what the functions may do in a cluster, as Kubernetes objects in YAML.

  ${EVICTIONS}     upgrade-node-groups may try evictions, too (upgrades.preflightEvictions)
  ${DRAINS}        drain-nodes may cordon nodes and evict their pods
  ${NODE_CLASSES}  steer-node-classes may change EC2NodeClasses of Karpenter
  -h, --help      this`;

await enter(process.argv.slice(2), USAGE, async (argv) => {
  takeNone(
    argv.filter((argument) => !OPTIONS.includes(argument)),
    USAGE,
  );
  process.stdout.write(
    rbacManifest({
      evictions: argv.includes(EVICTIONS),
      drains: argv.includes(DRAINS),
      nodeClasses: argv.includes(NODE_CLASSES),
    })
      .map((object) => dumpYaml(object, { noRefs: true }))
      .join('---\n'),
  );
});
