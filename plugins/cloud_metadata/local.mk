# plugins/cloud_metadata
