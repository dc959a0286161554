import { dumpYaml } from '@kubernetes/client-node';
import { rbacManifest } from './rbac.ts';

// npm run -s rbac | kubectl apply -f -
process.stdout.write(
  rbacManifest()
    .map((object) => dumpYaml(object, { noRefs: true }))
    .join('---\n'),
);
