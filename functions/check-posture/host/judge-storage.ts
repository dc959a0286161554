import { type Judgement, judged } from '../../shared/posture/verdict.ts';
import type { InstanceFacts, RegionFacts } from './instance-facts.ts';

/** Whether all volumes of a worker are encrypted. */
export function judgeVolumes({ volumes }: InstanceFacts): Judgement {
  if (volumes === undefined || volumes.length === 0) return judged('MANUAL', 'EC2 does not tell of its volumes');
  const open = namesOf(volumes, false);
  const untold = namesOf(volumes, undefined);
  if (open.length > 0) return judged('FAIL', ...open.map((name) => `${name} is not encrypted`));
  if (untold.length > 0)
    return judged('MANUAL', ...untold.map((name) => `EC2 does not tell whether ${name} is encrypted`));
  return judged('PASS', `encrypted: ${namesOf(volumes, true).join(', ')}`);
}

const namesOf = (volumes: NonNullable<InstanceFacts['volumes']>, encrypted: boolean | undefined): string[] =>
  volumes.flatMap(({ id, device, isEncrypted }) => (isEncrypted === encrypted ? [`${device} (${id})`] : []));

/** Whether EBS encryption by default is on, so that volumes are encrypted even if the request does not ask for it. */
export function judgeEncryptionByDefault({ encryptsByDefault }: RegionFacts): Judgement {
  if (encryptsByDefault === undefined) return judged('MANUAL', 'EC2 does not tell whether it encrypts by default');
  return judged(
    encryptsByDefault ? 'PASS' : 'FAIL',
    `EBS encryption by default is ${encryptsByDefault ? 'on' : 'off'}`,
  );
}

/**
 * Whether the AMI is public, so that everybody can read what was built into it. Amazon's own AMIs are public on
 * purpose.
 */
export function judgeImage({ image }: InstanceFacts): Judgement {
  if (image === undefined) return judged('MANUAL', 'EC2 does not tell of its image, which may be gone');
  const { id, owner, isAmazons, isOwn, isPublic } = image;
  if (isAmazons) return judged('PASS', `${id} is of Amazon`);
  if (!isOwn) return judged('MANUAL', `${id} is of the account ${owner}: whether it is to be trusted, only you know`);
  if (isPublic === undefined) return judged('MANUAL', `${id} is your own; EC2 does not tell whether it is public`);
  return judged(isPublic ? 'FAIL' : 'PASS', `${id} is your own, and ${isPublic ? 'public' : 'not public'}`);
}

/** Whether Session Manager sessions, which replace SSH, are logged where nobody can change the logs unnoticed. */
export function judgeSessions({ sessions }: RegionFacts): Judgement {
  if (sessions === undefined) return judged('MANUAL', 'SSM-SessionManagerRunShell cannot be read');
  const { s3BucketName = '', s3EncryptionEnabled = false } = sessions;
  const { cloudWatchLogGroupName = '', cloudWatchEncryptionEnabled = false } = sessions;
  const logs = [
    ...(s3BucketName === '' ? [] : [{ place: `S3 bucket ${s3BucketName}`, isEncrypted: s3EncryptionEnabled }]),
    ...(cloudWatchLogGroupName === ''
      ? []
      : [{ place: `log group ${cloudWatchLogGroupName}`, isEncrypted: cloudWatchEncryptionEnabled }]),
  ];
  const { kmsKeyId = '', runAsEnabled = false, runAsDefaultUser = '', idleSessionTimeout = '20' } = sessions;
  const besides = [
    `encrypted under way by ${kmsKeyId === '' ? 'TLS alone' : `the key ${kmsKeyId}`}`,
    runAsEnabled ? `run as ${runAsDefaultUser || 'the user that tags name'}` : 'run as ssm-user, who may become root',
    `idle ones end after ${idleSessionTimeout} minutes`,
  ].join('; ');
  if (logs.length === 0) return judged('FAIL', 'sessions are logged nowhere', besides);
  const open = logs.filter(({ isEncrypted }) => !isEncrypted);
  if (open.length > 0)
    return judged('FAIL', ...open.map(({ place }) => `${place}: its encryption is not asked for`), besides);
  return judged('PASS', ...logs.map(({ place }) => `logged in ${place}, encrypted`), besides);
}
