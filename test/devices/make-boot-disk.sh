#!/usr/bin/env bash
# Makes the raw disk image $1 that boots by itself: an MBR, a FAT partition with syslinux, Debian's cloud kernel, and an initramfs of
# busybox that offers a login on the serial port and answers on TCP port 2222. $2 is a folder for what is made on the way.
set -euo pipefail
disk=$1 work=$2
mkdir -p "$work" && cd "$work"
kernel=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends:/ { print $2; exit }')
ls "$kernel"_*.deb >/dev/null 2>&1 || apt-get -o APT::Sandbox::User=root download "$kernel" >/dev/null
dpkg-deb -x "$kernel"_*.deb package
modules=$(find package -type d -path '*/kernel/drivers' | head -n 1)

mkdir -p root/bin root/modules root/proc root/dev
cp "$(command -v busybox)" root/bin/busybox
for name in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover net_failover virtio_net; do
  find "$modules/.." \( -name "$name.ko" -o -name "${name//_/-}.ko" \) -exec cp {} "root/modules/$name.ko" \;
done
cat >root/init <<'END'
#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
for name in virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci failover net_failover virtio_net; do
  [ -e "/modules/$name.ko" ] && insmod "/modules/$name.ko"
done
ip link set eth0 up 2>/dev/null && ip addr add 10.0.2.15/24 dev eth0
printf '#!/bin/sh\necho SSH-2.0-fixture\n' >/bin/greet && chmod 755 /bin/greet
while true; do nc -l -p 2222 -e /bin/greet; done >/dev/null 2>&1 &
printf '\nfixture login: ' >/dev/ttyS0
while true; do sleep 60; done
END
chmod 755 root/init
(cd root && find . | cpio --quiet -o -H newc | gzip -1 >../initrd.gz)

truncate -s 0 "$disk" && truncate -s 48M "$disk"
printf 'label: dos\nstart=2048,type=c,bootable\n' | sfdisk -q "$disk"
dd if=/usr/lib/syslinux/mbr/mbr.bin of="$disk" bs=440 count=1 conv=notrunc status=none
truncate -s 47M part.img
mkfs.fat -F 32 -n BOOT part.img >/dev/null
printf 'default linux\nserial 0 115200\nlabel linux\n  kernel vmlinuz\n  append initrd=initrd.gz console=ttyS0 panic=-1\n' >syslinux.cfg
mcopy -i part.img package/boot/vmlinuz-* ::vmlinuz
mcopy -i part.img initrd.gz syslinux.cfg ::
syslinux --install part.img
dd if=part.img of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none
rm -r package root part.img
