package main

import "os"

// notifyResize does nothing: a console of Windows tells nobody.
func notifyResize(chan<- os.Signal) {}
