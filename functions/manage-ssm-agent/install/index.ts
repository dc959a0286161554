export { type Installability, type InstallFamily, installability } from './installability.ts';
export { INSTALLER, INSTALLER_NODE_LIMIT, type InstallerOptions, installerDaemonSet } from './manifest.ts';
