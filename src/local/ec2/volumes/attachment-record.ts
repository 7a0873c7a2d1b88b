/** A volume at an instance. */
export interface AttachmentRecord {
  readonly volumeId: string;
  readonly instanceId: string;
  readonly deviceName: string;
  readonly attachedAt: string;
  readonly deleteOnTermination: boolean;
}
