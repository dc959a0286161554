import { dumpYaml } from '@kubernetes/client-node';
import { enter, takeNone } from '../cli/entry.ts';
import { rbacManifest } from './rbac.ts';

const USAGE = `Usage: npm run -s rbac | kubectl apply -f -

Prints what the functions may do in a cluster, as Kubernetes objects in YAML.

  -h, --help   this`;

await enter(process.argv.slice(2), USAGE, async (argv) => {
  takeNone(argv, USAGE);
  process.stdout.write(
    rbacManifest()
      .map((object) => dumpYaml(object, { noRefs: true }))
      .join('---\n'),
  );
});
