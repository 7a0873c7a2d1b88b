import { access } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { stripVTControlCharacters } from "node:util";
import { ConfigurationError } from "../../errors/index.js";
import type { Clock } from "../../ports/index.js";
import type { VerifiedBoot } from "../../repository/verified/restore-verification.js";
import type { EngineEnvironment } from "../../session/index.js";
import type { ByteSource } from "../bytes/byte-source.js";
import { ScratchDevice } from "../device/scratch-device.js";
import { isInstalled } from "../files/kernel/kernel-support.js";
import { runProgram } from "./run-program.js";
import type { ResolvedBootOptions } from "./verify-options.js";

const qemu = "qemu-system-x86_64";
/** What a machine may write before its disk is full. */
const overlayBytes = 16 * 2 ** 30;
/** Of the console, so much is kept in the result. */
const keptConsoleCharacters = 4_000;
/** How often the port is tried, and how long an answer is waited for. */
const portStepMs = 500;
const portAnswerMs = 5_000;

/** What the console says where nothing will come any more: the firmware's, boot loaders' and Linux's words. */
const endings = /No bootable device\.|Kernel panic - not syncing|grub rescue>|You are in emergency mode|dracut:\/#|\(initramfs\)|Missing operating system/;
/** What QEMU says where KVM cannot go on, mostly within another virtual machine: it tells nothing about the disk. */
const kvmFailure = /KVM internal error|KVM: entry failed/;

/** Why no machine can be started here, with the remedy; `undefined` where it can. */
export async function bootMissing(): Promise<string | undefined> {
  if (process.platform !== "linux") return "boot: QEMU is run on Linux only; this machine has another system.";
  return (await isInstalled(qemu)) ? undefined : `boot: ${qemu} is missing. Install it (Debian: apt-get install qemu-system-x86), or leave boot out.`;
}

/** `ConfigurationError` (`QemuMissing`) where no machine can be started here. */
export async function requireQemu(): Promise<void> {
  const missing = await bootMissing();
  if (missing !== undefined) throw new ConfigurationError(missing, { code: "QemuMissing", context: { path: "boot" } });
}

/**
 * Starts a machine from a disk in QEMU and waits until it has booted: over an overlay that is gone afterwards, without a network but for the one port that
 * is asked for, which is reached through the loopback address alone. A stranger's programs run in it: in a process that may start no other.
 */
export async function bootDisk(environment: EngineEnvironment, volume: string, source: ByteSource, options: ResolvedBootOptions, signal: AbortSignal): Promise<VerifiedBoot> {
  const hasKvm = await access("/dev/kvm").then(
    () => true,
    () => false,
  );
  if (hasKvm) {
    const attempt = await attemptBoot(environment, volume, source, { ...options, accelerator: "kvm" }, signal);
    if (!kvmFailure.test(attempt.problem ?? "")) return attempt;
    environment.logger.warn("a machine could not be run by KVM, and is emulated", { volume });
  }
  return await attemptBoot(environment, volume, source, { ...options, accelerator: "tcg" }, signal);
}

type AttemptOptions = ResolvedBootOptions & { readonly accelerator: "kvm" | "tcg" };

async function attemptBoot(environment: EngineEnvironment, volume: string, source: ByteSource, options: AttemptOptions, signal: AbortSignal): Promise<VerifiedBoot> {
  const { clock } = environment;
  const device = await ScratchDevice.open(environment, source, { overlayBytes, description: `the machine started from ${volume}` });
  const startedMs = clock.monotonicMs();
  // ends the machine once it has booted, and the questions to its port once it has ended
  const [booted, ended] = [new AbortController(), new AbortController()];
  try {
    const port = options.port === undefined ? undefined : await freePort();
    let [hasPrompt, hasAnswered] = [options.console === undefined, port === undefined];
    let problem: string | undefined;
    let console = "";
    const conclude = (): void => {
      if (hasPrompt && hasAnswered) booted.abort();
    };
    const onOutput = (said: string): boolean => {
      console = said;
      hasPrompt ||= options.console !== undefined && contains(said, options.console);
      conclude();
      const ending = booted.signal.aborted ? undefined : (endings.exec(said)?.[0] ?? kvmFailure.exec(said)?.[0]);
      if (ending !== undefined) problem = `the console says "${ending}"`;
      return ending !== undefined;
    };
    const answering = port === undefined ? undefined : untilAnswered(clock, port, options.send, AbortSignal.any([signal, booted.signal, ended.signal])).then((answered) => {
      hasAnswered ||= answered;
      conclude();
    });
    try {
      const { isLate, exitCode } = await runProgram(qemu, machineArguments(device.uri, options, port), { clock, timeoutMs: options.timeoutMs, signal: AbortSignal.any([signal, booted.signal]), onOutput });
      problem ??= isLate ? `nothing of the kind in ${String(options.timeoutMs / 1_000)} s` : `the machine ended by itself (exit code ${String(exitCode)})`;
    } catch (error) {
      if (!booted.signal.aborted) throw error;
    } finally {
      ended.abort();
      await answering;
    }
    const hasBooted = booted.signal.aborted;
    return { volume, hasBooted, awaited: awaited(options), durationMs: Math.round(clock.monotonicMs() - startedMs), ...(!hasBooted && { problem }), console: plain(console).slice(-keptConsoleCharacters) };
  } finally {
    await device.close();
  }
}

function machineArguments(uri: string, { disk, memoryMib, port, accelerator }: AttemptOptions, hostPort: number | undefined): string[] {
  const devices = { nvme: "nvme,drive=disk,serial=holdfast", virtio: "virtio-blk-pci,drive=disk", ide: "ide-hd,drive=disk" };
  const network = hostPort === undefined ? ["-nic", "none"] : ["-netdev", `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${String(hostPort)}-:${String(port)}`, "-device", "virtio-net-pci,netdev=net,romfile="];
  return [
    ...["-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-vga", "std"],
    ...["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"],
    // an accelerator that cannot be used at all is passed over
    ...[...(accelerator === "kvm" ? ["-accel", "kvm"] : []), "-accel", "tcg", "-smp", "1", "-m", String(memoryMib)],
    // the serial port, and what the firmware itself says, which tells that there is nothing to boot
    ...["-chardev", "stdio,id=console,mux=on,signal=off", "-serial", "chardev:console", "-device", "isa-debugcon,iobase=0x402,chardev=console"],
    ...["-drive", `file=${uri},format=raw,if=none,id=disk`, "-device", `${devices[disk]},bootindex=0`],
    ...network,
  ];
}

/** Whether the port said something before `signal`. QEMU takes each connection, whether or not the machine does: only what is said counts. */
async function untilAnswered(clock: Clock, port: number, send: string | undefined, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await hasAnswer(clock, port, send, signal)) return true;
    await clock.sleep(portStepMs, signal).catch(() => undefined);
  }
  return false;
}

async function hasAnswer(clock: Clock, port: number, send: string | undefined, signal: AbortSignal): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  const done = new AbortController();
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once("data", () => resolve(true)).once("error", () => resolve(false)).once("close", () => resolve(false));
      if (send !== undefined) socket.once("connect", () => socket.write(send));
      clock.sleep(portAnswerMs, AbortSignal.any([signal, done.signal])).then(
        () => resolve(false),
        () => resolve(false),
      );
    });
  } finally {
    done.abort();
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address === "object" && address !== null) return address.port;
  throw new TypeError("a TCP server has a port");
}

function contains(said: string, wanted: string | RegExp): boolean {
  return typeof wanted === "string" ? said.includes(wanted) : new RegExp(wanted.source, wanted.flags.replace("g", "")).test(plain(said));
}

/** Without the sequences by which terminals are steered. */
function plain(said: string): string {
  return stripVTControlCharacters(said).replaceAll("\r", "");
}

function awaited({ console, port }: ResolvedBootOptions): string {
  const parts = [...(console === undefined ? [] : [`${String(console)} on the serial console`]), ...(port === undefined ? [] : [`an answer on TCP port ${String(port)}`])];
  return parts.join(", and ");
}
