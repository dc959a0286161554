import type { Fleet } from './fleet.ts';
import type { FleetState } from './state.ts';
import { parseTime } from './time.ts';

/** Creates the fleet's own AMIs, and the parameters that name them, when the file says. */
export function seedImages({ world, images, parameters }: FleetState, { images: files }: Fleet): void {
  for (const file of files) {
    const { imageId, name, at, architecture, owner = world.accountId, allowed, parameter } = file;
    const createdAt = parseTime(at, world.time.now) ?? world.time.now;
    const when = (text: string | undefined) => (text === undefined ? undefined : parseTime(text, world.time.now));
    const deprecated = when(file.deprecatedAt);
    if (file.kubernetesVersion !== undefined) images.kubelets.set(imageId, file.kubernetesVersion);
    images.addOwn(imageId, architecture, {
      Name: name,
      OwnerId: owner,
      CreationDate: new Date(createdAt).toISOString(),
      ...(deprecated !== undefined && { DeprecationTime: new Date(deprecated).toISOString() }),
      ...(allowed !== undefined && { ImageAllowed: allowed }),
    });
    for (const [state, at] of [
      ['disabled', when(file.disabledAt)],
      ['deregistered', when(file.deregisteredAt)],
    ] as const) {
      if (at !== undefined) world.time.at(Math.max(at, world.time.now), () => images.setState(imageId, state));
    }
    if (parameter === undefined) continue;
    const put = () => {
      parameters.put({ Name: parameter, Value: imageId, Type: 'String', Overwrite: true });
    };
    // A parameter is put only once the account exists, because its change is an event.
    world.time.at(Math.max(createdAt, world.time.now), put);
  }
}
