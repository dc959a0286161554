// The first step of `npm start`: installs missing packages. It is CommonJS like node-version.cjs, and runs on any platform.
const { execSync } = require('node:child_process');

try {
  execSync('npm ls', { stdio: 'ignore' });
} catch {
  execSync('npm ci', { stdio: 'inherit' });
}
