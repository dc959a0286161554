// What `npm start` does first: installs what is missing. In CommonJS, as node-version.cjs is, and on any platform.
const { execSync } = require('node:child_process');

try {
  execSync('npm ls', { stdio: 'ignore' });
} catch {
  execSync('npm ci', { stdio: 'inherit' });
}
