import { dumpYaml } from '@kubernetes/client-node';
import { enter, takeNone } from '../cli/entry.ts';
import { rbacManifest } from './rbac.ts';

const EVICTIONS = '--evictions';
const USAGE = `Usage: npm run -s rbac [-- ${EVICTIONS}] | kubectl apply -f -

Prints what the functions may do in a cluster, as Kubernetes objects in YAML.

  ${EVICTIONS}  upgrade-node-groups may try evictions, too (upgrades.preflightEvictions)
  -h, --help   this`;

await enter(process.argv.slice(2), USAGE, async (argv) => {
  takeNone(
    argv.filter((argument) => argument !== EVICTIONS),
    USAGE,
  );
  process.stdout.write(
    rbacManifest({ evictions: argv.includes(EVICTIONS) })
      .map((object) => dumpYaml(object, { noRefs: true }))
      .join('---\n'),
  );
});
