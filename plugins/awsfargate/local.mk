# plugins/awsfargate
