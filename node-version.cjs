// The first step of every script here. It must run on any Node.js, so it is old CommonJS: an old Node.js would stumble
// over TypeScript or newer syntax before it could say why.

/** The major version of Node.js that the functions run on, and that everything is tested with. */
const NEEDED = 24;

/**
 * What is wrong with this Node.js, in two sentences with the fix; undefined where nothing is.
 * @param {string} version for example `v20.20.2`
 * @param {string} platform as `process.platform`
 * @returns {string | undefined}
 */
function complaintOf(version, platform) {
  if (Number(version.replace(/^v/, '').split('.')[0]) >= NEEDED) return undefined;
  const fix =
    platform === 'linux'
      ? 'Run npm ci, which brings it on Linux (x64 and arm64), and use npm run and npx, not node itself.'
      : `Install Node.js ${NEEDED} from https://nodejs.org: npm ci brings it on Linux only.`;
  return `EKS Host Remediator needs Node.js ${NEEDED} or newer, and this is ${version}. ${fix}`;
}

module.exports = { complaintOf };

if (require.main === module) {
  const complaint = complaintOf(process.version, process.platform);
  if (complaint !== undefined) {
    console.error(complaint);
    process.exit(1);
  }
}
