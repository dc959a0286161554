export {
  type Installability,
  type InstallFamily,
  installability,
  NOT_INSTALLABLE,
  notFetchable,
  type Refusal,
} from './installability.ts';
export { INSTALLER, INSTALLER_NODE_LIMIT, type InstallerOptions, installerDaemonSet } from './manifest.ts';
