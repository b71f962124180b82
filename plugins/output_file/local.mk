# plugins/output_file
