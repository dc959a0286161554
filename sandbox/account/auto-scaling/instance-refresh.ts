import type {
  InstanceRefresh as Described,
  InstanceRefreshStatus,
  RefreshPreferences,
} from '@aws-sdk/client-auto-scaling';
import type { Random } from '../../time/random.ts';
import { AwsError, NotImplemented } from '../../wire/aws-error.ts';
import type { World } from '../world.ts';
import { type AutoScalingGroup, type Member, templateVersion } from './group.ts';
import { type AutoScalingGroups, servingMembers } from './groups.ts';
import { Replacing, Stopped } from './replacing.ts';
import type { ImagesByType } from './root-volumes.ts';
import { pooledMembers } from './warm-pools.ts';

/** The default delay at checkpoints. Source: API reference, RefreshPreferences.CheckpointDelay. */
const DEFAULT_CHECKPOINT_DELAY_S = 3_600;

const ENDS: ReadonlySet<InstanceRefreshStatus> = new Set([
  'Successful',
  'Failed',
  'Cancelled',
  'RollbackSuccessful',
  'RollbackFailed',
]);

/** The input of StartInstanceRefresh. */
interface Wanted {
  readonly id: string;
  /** The desired version of the launch template; undefined for the group's saved settings. */
  readonly desired: number | undefined;
  /** The AMIs of new root volumes, where only these are replaced. */
  readonly rootImages?: ImagesByType;
  readonly preferences: RefreshPreferences;
}

interface Rollback {
  readonly reason: string;
  readonly at: number;
  readonly percent: number;
  readonly left: number;
}

/** One rolling instance refresh of a group, from its start to its end. */
export class InstanceRefresh {
  readonly id: string;
  readonly group: AutoScalingGroup;
  readonly startedAt: number;
  readonly #world: World;
  readonly #groups: AutoScalingGroups;
  readonly #random: Random;
  readonly #preferences: RefreshPreferences;
  readonly #desired: number | undefined;
  readonly #rootImages: ImagesByType | undefined;
  readonly #formerImages: ImagesByType | undefined;
  readonly #replacing: Replacing;
  readonly #total: number;
  #left: number;
  /** Members of the warm pool, in all and to be replaced: they count in `#total` and `#left`, too. */
  readonly #pooled: number;
  #pooledLeft: number;
  #isCutShort = false;
  #status: InstanceRefreshStatus = 'Pending';
  #reason: string | undefined;
  #endedAt: number | undefined;
  #rollback: Rollback | undefined;
  #checkpoint = 0;

  constructor(world: World, groups: AutoScalingGroups, group: AutoScalingGroup, wanted: Wanted) {
    this.#world = world;
    this.#groups = groups;
    this.#random = world.random.fork(`instance refresh ${wanted.id}`);
    this.#preferences = wanted.preferences;
    this.#desired = wanted.desired;
    this.#rootImages = wanted.rootImages;
    this.#formerImages = group.overrideImages;
    this.#replacing = new Replacing(world, groups, group, wanted.preferences);
    this.id = wanted.id;
    this.group = group;
    group.isLocked = wanted.desired !== undefined || wanted.rootImages !== undefined;
    this.startedAt = group.refreshedSince = world.time.now;
    this.#pooled = this.#pooledLeft = pooledMembers(group).length;
    this.#total = this.#left = servingMembers(group).length + this.#pooled;
  }

  get isActive(): boolean {
    return !ENDS.has(this.#status);
  }

  /** Replaces the group's instances. Resolves at its end. */
  async run(): Promise<void> {
    await this.#replacing.pause(this.#random.integer(5, 20) * 1000);
    if (this.#replacing.interrupted === undefined) {
      this.#status = 'InProgress';
      this.#announce('Started');
    }
    if (this.#desired !== undefined) this.group.launching = this.#desired;
    if (this.#rootImages !== undefined) this.group.overrideImages = this.#rootImages;
    try {
      await this.#replaceAll();
      await this.#bake();
      if (this.#desired !== undefined) this.group.launchTemplate.version = this.#desired;
      this.#end('Successful', 'Succeeded');
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      if (error.by === 'cancel') return this.#endCancelled();
      if (error.by === 'rollback') return this.#rollBack('User requested a rollback.');
      // AWS does not document the texts.
      const reason =
        error.by === 'alarm'
          ? 'A CloudWatch alarm of the instance refresh is in ALARM.'
          : 'The instance refresh has made no progress for 1 hour.';
      if (this.#preferences.AutoRollback === true) return this.#rollBack(reason);
      this.#end('Failed', 'Failed', reason);
    }
  }

  async #replaceAll(): Promise<void> {
    const serving = servingMembers(this.group);
    if (this.#rootImages !== undefined) {
      return this.#replacing.replaceRootVolumes(serving, this.#rootImages, (left) => this.#progress(left));
    }
    // Source: Auto Scaling user guide, "Warm pools": first those in service, then those in the warm pool.
    const pooled = pooledMembers(this.group);
    await this.#replacing.replace(serving, (left) => this.#progress(left + this.#pooledLeft));
    if (this.#isCutShort) return;
    await this.#replacing.replacePool(pooled, (left) => {
      this.#pooledLeft = left;
      return this.#progress(left);
    });
  }

  /** @throws AwsError ActiveInstanceRefreshNotFound */
  cancel(): void {
    if (this.#status === 'Cancelling') throw noActive(this.group.name);
    this.#status = 'Cancelling';
    this.#replacing.interrupted = 'cancel';
  }

  /**
   * Rolls the refresh back. Source: API reference, RollbackInstanceRefresh: only while the refresh is active, and only
   * where it has a desired configuration. A group that uses `$Latest` or `$Default` cannot go back.
   *
   * @throws AwsError IrreversibleInstanceRefresh, ActiveInstanceRefreshNotFound
   */
  rollBack(): void {
    if (this.#status === 'Cancelling' || this.#status === 'RollbackInProgress') throw noActive(this.group.name);
    // It has a desired configuration, and its group a numbered version: AWS documents no reason to refuse.
    if (this.#rootImages !== undefined) throw new NotImplemented('RollbackInstanceRefresh of new root volumes');
    if (this.#desired === undefined || this.group.launchesFrom !== undefined) {
      const why = 'It has no desired configuration, or its group launches from no numbered version.';
      throw new AwsError('IrreversibleInstanceRefresh', `The instance refresh cannot be rolled back. ${why}`);
    }
    this.#replacing.interrupted = 'rollback';
  }

  /** The refresh as DescribeInstanceRefreshes returns it. */
  describe(): Described {
    return {
      InstanceRefreshId: this.id,
      AutoScalingGroupName: this.group.name,
      Status: this.#status,
      StatusReason: this.#reason,
      StartTime: new Date(this.startedAt),
      EndTime: this.#endedAt === undefined ? undefined : new Date(this.#endedAt),
      PercentageComplete: this.#percent,
      InstancesToUpdate: this.#left,
      ProgressDetails: this.group.warmPool && {
        LivePoolProgress: shareOf(this.#total - this.#pooled, this.#left - this.#pooledLeft),
        WarmPoolProgress: shareOf(this.#pooled, this.#pooledLeft),
      },
      Preferences: this.#preferences,
      DesiredConfiguration: this.#describeDesired(),
      RollbackDetails: this.#rollback && {
        RollbackReason: this.#rollback.reason,
        RollbackStartTime: new Date(this.#rollback.at),
        PercentageCompleteOnRollback: this.#rollback.percent,
        InstancesToUpdateOnRollback: this.#rollback.left,
      },
      Strategy: this.#rootImages === undefined ? 'Rolling' : 'ReplaceRootVolume',
    };
  }

  #describeDesired(): Described['DesiredConfiguration'] {
    const { id, name, version } = this.group.launchTemplate;
    const templateOf = (number: number) => ({
      LaunchTemplateId: id,
      LaunchTemplateName: name,
      Version: String(number),
    });
    if (this.#rootImages === undefined) {
      return this.#desired === undefined ? undefined : { LaunchTemplate: templateOf(this.#desired) };
    }
    const Overrides = [...this.#rootImages].map(([InstanceType, ImageId]) => ({ InstanceType, ImageId }));
    return {
      MixedInstancesPolicy: { LaunchTemplate: { LaunchTemplateSpecification: templateOf(version), Overrides } },
    };
  }

  get #percent(): number {
    return shareOf(this.#total, this.#left).PercentageComplete;
  }

  /**
   * Counts replaced instances, and waits at a checkpoint. Where several are reached at once, only the last one has an
   * event.
   */
  async #progress(left: number): Promise<boolean> {
    this.#left = left;
    const { CheckpointDelay = DEFAULT_CHECKPOINT_DELAY_S, CheckpointPercentages = [] } = this.#preferences;
    const reached = CheckpointPercentages.findLast((each) => each <= this.#percent && each > this.#checkpoint);
    if (reached === undefined) return false;
    this.#checkpoint = reached;
    this.#announce('Checkpoint Reached', {
      CheckpointPercentage: String(reached),
      CheckpointDelay: String(CheckpointDelay),
    });
    // The refresh ends at its last checkpoint, also below 100.
    if (reached === CheckpointPercentages.at(-1)) {
      this.#isCutShort = reached < 100;
      return this.#isCutShort;
    }
    await this.#replacing.wait(CheckpointDelay * 1000);
    return false;
  }

  async #bake(): Promise<void> {
    const { BakeTime = 0 } = this.#preferences;
    if (BakeTime === 0) return;
    this.#status = 'Baking';
    this.#announce('Started Baking');
    await this.#replacing.wait(BakeTime * 1000);
  }

  async #rollBack(reason: string): Promise<void> {
    this.#rollback = { reason, at: this.#world.time.now, percent: this.#percent, left: this.#left };
    this.#status = 'RollbackInProgress';
    this.#replacing.interrupted = undefined;
    this.#replacing.watched = [];
    this.#announce('Rollback Started');
    this.#restoreSettings();
    const isNew = ({ instance }: Member) => templateVersion(instance) === this.#desired;
    const deployed = servingMembers(this.group).filter(isNew);
    // Instances that never came into service are terminated at once.
    this.#replacing.drop(deployed.filter(({ lifecycleState }) => lifecycleState !== 'InService'));
    try {
      await this.#replacing.replace(deployed, async (left) => {
        this.#left = Math.max(this.#left, this.#total - left);
        return false;
      });
      await this.#replacing.replacePool(pooledMembers(this.group).filter(isNew), async () => {});
      this.#left = this.#total;
      this.#pooledLeft = this.#pooled;
      this.#end('RollbackSuccessful', 'Rollback Succeeded', reason);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      if (error.by === 'cancel') return this.#endCancelled();
      this.#end('RollbackFailed', 'Rollback Failed', reason);
    }
  }

  async #endCancelled(): Promise<void> {
    await this.#replacing.pause(this.#random.integer(10, 60) * 1000);
    this.#end('Cancelled', 'Cancelled', 'The instance refresh was cancelled.');
  }

  #restoreSettings(): void {
    this.group.surge = 0;
    delete this.group.launching;
  }

  #end(status: InstanceRefreshStatus, event: string, reason?: string): void {
    this.#restoreSettings();
    if (status !== 'Successful' && this.#rootImages !== undefined) {
      delete this.group.overrideImages;
      if (this.#formerImages !== undefined) this.group.overrideImages = this.#formerImages;
    }
    this.group.isLocked = false;
    delete this.group.refreshedSince;
    this.#status = status;
    this.#reason = reason;
    this.#endedAt = this.#world.time.now;
    this.#groups.settle(this.group);
    this.#announce(event);
  }

  /** Publishes an event, which has neither status nor reason. Source: user guide, "Instance refresh events". */
  #announce(what: string, more: Readonly<Record<string, string>> = {}): void {
    this.#world.emit({
      source: 'aws.autoscaling',
      detailType: `EC2 Auto Scaling Instance Refresh ${what}`,
      resources: [this.group.arn],
      detail: { InstanceRefreshId: this.id, AutoScalingGroupName: this.group.name, ...more },
    });
  }
}

const shareOf = (total: number, left: number) => ({
  PercentageComplete: total === 0 ? 100 : Math.floor((100 * (total - left)) / total),
  InstancesToUpdate: left,
});

export const noActive = (name: string): AwsError => {
  const message = `No in progress or pending Instance Refresh found for Auto Scaling group ${name}`;
  return new AwsError('ActiveInstanceRefreshNotFound', message);
};
