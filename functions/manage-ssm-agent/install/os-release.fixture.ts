/** The relevant parts of /etc/os-release on several systems. */
export const OS_RELEASE = {
  amazonLinux2023: `NAME="Amazon Linux"
VERSION="2023"
ID="amzn"
ID_LIKE="fedora"
VERSION_ID="2023"
PLATFORM_ID="platform:al2023"
PRETTY_NAME="Amazon Linux 2023.9.20251208"
`,
  amazonLinux2: `NAME="Amazon Linux"
VERSION="2"
ID="amzn"
ID_LIKE="centos rhel fedora"
VERSION_ID="2"
PRETTY_NAME="Amazon Linux 2"
`,
  ubuntu: `PRETTY_NAME="Ubuntu 24.04.3 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
ID=ubuntu
ID_LIKE=debian
`,
  debian: `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
ID=debian
`,
  rhel: `NAME="Red Hat Enterprise Linux"
VERSION="9.6 (Plow)"
ID="rhel"
ID_LIKE="fedora"
VERSION_ID="9.6"
PRETTY_NAME="Red Hat Enterprise Linux 9.6 (Plow)"
`,
  rocky: `NAME="Rocky Linux"
ID="rocky"
ID_LIKE="rhel centos fedora"
VERSION_ID="9.5"
PRETTY_NAME="Rocky Linux 9.5 (Blue Onyx)"
`,
  likeRhel: `NAME="MIRACLE LINUX"
ID="miraclelinux"
ID_LIKE="rhel fedora"
PRETTY_NAME="MIRACLE LINUX 9.4 (Feige)"
`,
  flatcar: `NAME="Flatcar Container Linux by Kinvolk"
ID=flatcar
ID_LIKE=coreos
VERSION_ID=4230.2.4
PRETTY_NAME="Flatcar Container Linux by Kinvolk 4230.2.4 (Oklo)"
`,
  bottlerocket: `NAME=Bottlerocket
ID=bottlerocket
VERSION="1.49.0 (aws-k8s-1.34)"
PRETTY_NAME="Bottlerocket OS 1.49.0 (aws-k8s-1.34)"
VARIANT_ID=aws-k8s-1.34
`,
  redHatCoreOs: `NAME="Red Hat Enterprise Linux CoreOS"
ID="rhcos"
ID_LIKE="rhel fedora"
VARIANT_ID=coreos
PRETTY_NAME="Red Hat Enterprise Linux CoreOS 418.94.202501221327-0"
`,
  fedora: `NAME="Fedora Linux"
ID=fedora
VERSION_ID=43
PRETTY_NAME="Fedora Linux 43 (Cloud Edition)"
`,
} as const;
